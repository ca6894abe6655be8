import { createServer } from 'node:net';

/** Below those that systems give to outgoing connections and to who listens on any: nobody gets them by chance. */
const FIRST = 10_000;
const COUNT = 10_000;
const given = new Set<number>();

/** @returns a port of this machine that nobody listens on, for hosts that have to know it before they start */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
