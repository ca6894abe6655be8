import { decodeMuLaw, encodeMuLaw } from '../../dist/audio/mu-law.js';
import { Resampler } from '../../dist/audio/resampler.js';

/** Telephone audio: samples per ms. */
export const RATE = 8;
const FULL_SCALE = 32_768;
const FRAME = 80; // 10 ms
/** Frames this far below the loudest are pauses, dB. */
const PAUSE_DB = 30;

export const gain = (db) => 10 ** (db / 20);

/** Mean power of each 10 ms, in dBFS. */
export function frameLevels(samples) {
  return Float64Array.from({ length: Math.ceil(samples.length / FRAME) }, (_, index) => {
    const frame = samples.subarray(index * FRAME, (index + 1) * FRAME);
    const power = frame.reduce((sum, sample) => sum + sample * sample, 0) / frame.length;
    return 10 * Math.log10(power / FULL_SCALE ** 2 + 1e-12);
  });
}

/** Level over the active frames, dBFS. */
export function activeLevel(samples) {
  const levels = frameLevels(samples);
  const loudest = levels.reduce((most, db) => Math.max(most, db), -Infinity);
  const powers = [...levels].filter((db) => db > loudest - PAUSE_DB).map((db) => 10 ** (db / 10));
  return 10 * Math.log10(powers.reduce((sum, power) => sum + power, 0) / powers.length);
}

/** Level over everything, dBFS. */
export function meanLevel(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  return 10 * Math.log10(power / FULL_SCALE ** 2 + 1e-12);
}

export const scaled = (samples, db) => {
  const factor = gain(db);
  return Float32Array.from(samples, (sample) => sample * factor);
};

/** To 8 kHz. */
export function toTelephoneRate(samples, sampleRate) {
  if (sampleRate === RATE * 1000) return Float32Array.from(samples);
  const resampler = new Resampler(sampleRate, RATE * 1000);
  const [most, rest] = [resampler.process(samples), resampler.flush()];
  return joined([most, rest]);
}

export function joined(parts) {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What a telephone lets through, 200 to 3500 Hz: two Butterworth sections each way. */
export function telephoneBand(samples) {
  return biquad(biquad(samples, 'high', 200), 'low', 3500);
}

/** Second-order Butterworth high-pass or low-pass. */
export function biquad(samples, kind, hz, q = Math.SQRT1_2) {
  const w = (2 * Math.PI * hz) / (RATE * 1000);
  const alpha = Math.sin(w) / (2 * q);
  const cos = Math.cos(w);
  const edge = kind === 'low' ? (1 - cos) / 2 : (1 + cos) / 2;
  const b1 = kind === 'low' ? 1 - cos : -(1 + cos);
  const a0 = 1 + alpha;
  const out = new Float32Array(samples.length);
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let index = 0; index < samples.length; index++) {
    const x = samples[index];
    const y = (edge * x + b1 * x1 + edge * x2 + 2 * cos * y1 - (1 - alpha) * y2) / a0;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    out[index] = y;
  }
  return out;
}

/** To mu-law, as it travels. */
export const onTheWire = (samples) => encodeMuLaw(samples);
export const fromTheWire = (mulaw) => Float32Array.from(decodeMuLaw(mulaw));

/** `ms` of endless noise from a seeded place on. */
export function looped(samples, ms, random) {
  const start = Math.floor(random() * samples.length);
  return Float32Array.from(
    { length: Math.round(ms * RATE) },
    (_, index) => samples[(start + index) % samples.length],
  );
}

/** White noise at a mean level, dBFS. */
export function whiteNoise(ms, db, random) {
  const amplitude = FULL_SCALE * gain(db) * Math.sqrt(3);
  return Float32Array.from({ length: Math.round(ms * RATE) }, () => (2 * random() - 1) * amplitude);
}

/** `over` added to `base` from `atMs` on. */
export function added(base, over, atMs = 0) {
  const sum = Float32Array.from(base);
  const at = Math.round(atMs * RATE);
  const end = Math.min(over.length, sum.length - at);
  for (let index = 0; index < end; index++) sum[at + index] += over[index];
  return sum;
}
