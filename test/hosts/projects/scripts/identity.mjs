// Loads each entry point in both ways and tells what is there twice: a class of which there are two is no DI token.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { name: pack, exports } = require('nestjs-twilio-voice/package.json');
/** What the runtime adds, and the two that only their runner can load. */
const NOT_OURS = new Set(['default', 'module.exports', '__esModule']);
const RUNNERS = new Set(['./testing/jest', './testing/vitest', './package.json']);

const twice = [];
const checked = [];
for (const entry of Object.keys(exports).filter((path) => !RUNNERS.has(path))) {
  const path = pack + entry.slice(1);
  const required = require(path);
  const imported = await import(path);
  for (const name of new Set([...Object.keys(required), ...Object.keys(imported)])) {
    if (NOT_OURS.has(name)) continue;
    checked.push(`${path} ${name}`);
    if (required[name] !== imported[name]) twice.push(`${path} ${name}`);
  }
}
console.log(JSON.stringify({ checked, twice }));
