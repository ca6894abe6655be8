// A server under test in a process of its own; its costs are asked for from outside.
import { performance } from 'node:perf_hooks';
import { answer } from './answering.mjs';

const [name] = process.argv.slice(2);
const { start } = await import(`./servers/${name}.mjs`);

answer({
  start,
  usage: () => {
    const { user, system } = process.cpuUsage();
    return {
      atMs: performance.now(),
      cpuMs: (user + system) / 1_000,
      rssMb: process.memoryUsage.rss() / 2 ** 20,
    };
  },
  /** What is really held: asked for only while nothing is measured. */
  live: () => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return { liveMb: (heapUsed + external) / 2 ** 20, rssMb: process.memoryUsage.rss() / 2 ** 20 };
  },
});
