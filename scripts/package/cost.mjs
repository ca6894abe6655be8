// cost.mjs ENTRY files|time: copied into a host, and run there. What loading an entry point adds to a host that has
// Nest loaded: scripts and their bytes, or milliseconds of CPU.
import '@nestjs/core';
import '@nestjs/websockets';
import { Session } from 'node:inspector/promises';
import 'reflect-metadata';

const [, , entry, what] = process.argv;
if (what === 'time') {
  const before = process.cpuUsage();
  await import(entry);
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ ms: (user + system) / 1000 }));
} else {
  const session = new Session();
  session.connect();
  const known = new Set();
  session.on('Debugger.scriptParsed', ({ params: { url, length } }) => {
    if (!known.has(url)) found?.push({ url, length });
    known.add(url);
  });
  let found;
  await session.post('Debugger.enable'); // tells all that is loaded already
  found = [];
  await import(entry);
  console.log(JSON.stringify(found));
}
process.exit(0);
