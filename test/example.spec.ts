import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLE = join(ROOT, 'examples/existing-backend');
const PATCH = readFileSync(join(ROOT, 'examples/voice-line.patch'), 'utf8');

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const section = /^## In your backend\n(.*?)^## /ms.exec(readme)?.[1] ?? '';
/** Its blocks that begin with the name of a file. */
const blocks = [...section.matchAll(/^```(ts|diff)\n ?\/\/ ([\w./-]+).*?\n(.*?)^```$/gms)].map(
  ([, language, file = '', text = '']) => ({ language, file, text }),
);
/** The patch, by file: what each gets. */
const changes = new Map(
  PATCH.split(/^diff --git .*$/m)
    .slice(1)
    .map((change) => {
      const lines = change.split('\n');
      const added = lines.filter((line) => /^\+(?!\+\+ )/.test(line)).map((line) => line.slice(1));
      return [/^\+\+\+ b\/(.*)$/m.exec(change)?.[1] ?? '', added] as const;
    }),
);

/** Runs with the example as it was without a voice line: the patch, taken back. */
function before<T>(look: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'before-'));
  const isOurs = (path: string) =>
    !/^(node_modules|dist|coverage|\.env|package-lock\.json|.*\.sqlite)$/.test(basename(path));
  try {
    cpSync(EXAMPLE, folder, { recursive: true, filter: isOurs });
    execFileSync('git', ['apply', '-R', '-'], { cwd: folder, input: PATCH, stdio: ['pipe', 'pipe', 'pipe'] });
    return look(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the voice line of the existing backend', () => {
  it('is what the patch adds, and without it nothing of this package is left', () => {
    const texts = before((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')),
    );
    expect(texts.length).toBeGreaterThan(20);
    expect(texts.filter((text) => /twilio|voice/i.test(text))).toEqual([]);
  });

  it('takes away or changes no line that was there', () => {
    expect(PATCH.split('\n').filter((line) => /^-(?!-- )/.test(line))).toEqual([]);
  });

  it('is in the README: new files as a whole, of the others each new line', () => {
    expect(blocks.map(({ language }) => language)).toEqual(['ts', 'ts', 'diff', 'diff']);
    for (const { language, file, text } of blocks) {
      const there = readFileSync(join(EXAMPLE, file), 'utf8');
      if (language === 'ts') expect(text).toBe(there);
      else {
        const lines = text.split('\n').slice(0, -1);
        const added = lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1));
        expect(added).toEqual(changes.get(file)?.filter((line) => !line.startsWith('import ')));
        expect(there).toContain(lines.map((line) => line.slice(1)).join('\n'));
      }
    }
  });

  it('has no file that the README does not name', () => {
    const named = (file: string) => section.includes(file) || file.startsWith('src/calls/');
    expect(section).toContain('`src/calls/`');
    expect(changes.size).toBeGreaterThan(10);
    expect([...changes.keys()].filter((file) => !named(file))).toEqual([]);
  });
});
