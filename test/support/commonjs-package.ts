import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { runInThisContext } from 'node:vm';

type Exports = Record<string, unknown>;

/**
 * Loads a CommonJS package that asks for modules which Jest cannot `require`, as they are ES modules.
 *
 * @param modules those, imported already, by their names
 */
export function commonJsPackage(name: string, modules: Readonly<Record<string, unknown>>): unknown {
  const loaded = new Map<string, { exports: Exports }>();
  const load = (path: string): Exports => {
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    loaded.set(path, module);
    const requireReal = createRequire(path);
    const require = (wanted: string): unknown => {
      if (wanted in modules) return modules[wanted];
      return wanted.startsWith('.') ? load(requireReal.resolve(wanted)) : requireReal(wanted);
    };
    const source = `(function (exports, require, module, Reflect) {${readFileSync(path, 'utf8')}\n})`;
    const run = runInThisContext(source, path) as (...args: unknown[]) => void;
    run(module.exports, require, module, Reflect); // metadata is kept per realm, and Jest has one of its own
    return module.exports;
  };
  return load(createRequire(import.meta.url).resolve(name));
}
