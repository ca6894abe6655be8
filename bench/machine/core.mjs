import { readFile } from 'node:fs/promises';

/** What the columns of /proc/stat count in, ms. */
const TICK_MS = 10;

/** Time that processes have had on a core since the machine started, ms; undefined where this is not told. */
export async function busyMs(core) {
  try {
    const stat = await readFile('/proc/stat', 'utf8');
    const line = stat.split('\n').find((one) => one.startsWith(`cpu${core} `)) ?? '';
    const [, user, nice, system, , , , , steal] = line.split(/\s+/).map(Number);
    const ms = (user + nice + system + steal) * TICK_MS;
    return Number.isFinite(ms) ? ms : undefined;
  } catch {
    return undefined;
  }
}
