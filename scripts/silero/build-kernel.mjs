// npm run silero:kernel [-- --check]: assembles dense.wat into the base64 text that the package carries.
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import { URL } from 'node:url';
import wabt from 'wabt';

const source = new URL('../../src/listening/silero/dense.wat', import.meta.url);
const target = new URL('../../src/listening/silero/dense-wasm.ts', import.meta.url);

const { parseWat } = await wabt();
const module = parseWat('dense.wat', readFileSync(source, 'utf8'), { simd: true });
module.validate();
const text = Buffer.from(module.toBinary({}).buffer).toString('base64');
const lines = text.match(/.{1,96}/g).map((line) => `  '${line}'`);
const code = `// Made from dense.wat by \`npm run silero:kernel\`.\nexport const DENSE_WASM =\n${lines.join(' +\n')};\n`;
if (!process.argv.includes('--check')) writeFileSync(target, code);
else if (readFileSync(target, 'utf8') !== code) throw new Error('dense-wasm.ts is not what dense.wat gives');
