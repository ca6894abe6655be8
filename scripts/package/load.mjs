// load.mjs ENTRY…: copied into a host, and run there. Loads each entry point both ways; a second copy of anything is an error.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const folder = dirname(require.resolve('nestjs-twilio-voice/package.json'));
const { exports } = require(join(folder, 'package.json'));
process.on('warning', (warning) => {
  throw warning;
});

for (const entry of process.argv.slice(2)) {
  const files = exports[entry.replace('nestjs-twilio-voice', '.')];
  const imported = await import(entry);
  const required = require(entry);
  const names = Object.keys(imported);
  assert(names.length > 0, `${entry} exports nothing`);
  for (const name of names) assert.equal(required[name], imported[name], `${entry} has ${name} twice`);
  // What Jest takes is another file with the same names.
  const commonJs = require(join(folder, files.default.default));
  assert.deepEqual(Object.keys(commonJs).sort(), names.sort(), `${entry} in CommonJS`);
}
console.log(`Node ${process.version}: ${process.argv.length - 2} entry points, each one copy`);
