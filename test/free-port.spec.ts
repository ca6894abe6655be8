import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { freePort } from './support/free-port.js';

const LINUX = '/proc/sys/net/ipv4/ip_local_port_range';
/** From here on the system gives ports to whoever wants any. */
const firstOfSystem = existsSync(LINUX) ? parseInt(readFileSync(LINUX, 'utf8'), 10) : 32_768;

describe('a free port', () => {
  it('is none that the system may give to a connection before its host listens, and is given once', async () => {
    const ports = await Promise.all(Array.from({ length: 100 }, freePort));
    expect(Math.max(...ports)).toBeLessThan(firstOfSystem);
    expect(new Set(ports).size).toBe(100);
  });

  it('can be listened on', async () => {
    const port = await freePort();
    const server = await new Promise<Server>((resolve, reject) => {
      const made = createServer().once('error', reject);
      made.listen(port, '127.0.0.1', () => {
        resolve(made);
      });
    });
    await new Promise((resolve) => server.close(resolve));
  });
});
