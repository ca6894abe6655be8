import { spawn } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** Not `dist`: other tests run at the same time and use what is there. */
const CACHE = join(ROOT, 'node_modules/.cache');
const WEIGHTS = 'listening/silero/silero-v6-8k.bin';

/**
 * Compiles the sources as they are.
 * @param name of a folder that no other test uses: two at once would write over each other
 * @returns the folder of the result
 */
export async function build(name: string): Promise<string> {
  const output = join(CACHE, name);
  const options = [
    '--outDir',
    output,
    '--incremental',
    '--tsBuildInfoFile',
    join(output, 'state.tsbuildinfo'),
  ];
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const child = spawn(process.execPath, [tsc, '-p', 'tsconfig.build.json', ...options], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error('the sources do not compile');
  await cp(join(ROOT, 'src', WEIGHTS), join(output, WEIGHTS));
  return output;
}
