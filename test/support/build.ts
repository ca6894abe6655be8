import { spawn } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** Not `dist`: other tests run at the same time and use what is there. */
const OUTPUT = join(ROOT, 'node_modules/.cache/standalone');
const WEIGHTS = 'listening/silero/silero-v6-8k.bin';

/** Compiles the sources as they are, and returns the folder of the result. */
export async function build(): Promise<string> {
  const options = [
    '--outDir',
    OUTPUT,
    '--incremental',
    '--tsBuildInfoFile',
    join(OUTPUT, 'state.tsbuildinfo'),
  ];
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const child = spawn(process.execPath, [tsc, '-p', 'tsconfig.build.json', ...options], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error('the sources do not compile');
  await cp(join(ROOT, 'src', WEIGHTS), join(OUTPUT, WEIGHTS));
  return OUTPUT;
}
