import { added, biquad, meanLevel, RATE, scaled, telephoneBand, whiteNoise } from '../sound.mjs';
import { randomOf } from '../seeds.mjs';

const MS = 30_000;
const COMFORT_DB = -62;
const DTMF = [697, 770, 852, 941].flatMap((low) => [1209, 1336, 1477].map((high) => [low, high]));
/** Cadences of the telephone: Hz, on and off in ms, dBFS. */
const TONES = {
  'ringback-us': [[440, 480], 2_000, 4_000, -22],
  'ringback-eu': [[425], 1_000, 4_000, -22],
  'busy-us': [[480, 620], 500, 500, -24],
  'busy-eu': [[425], 480, 480, -24],
};

/** Noise that needs no recording. */
export const generatedNoise = () => [
  { name: 'white-40', samples: telephoneBand(whiteNoise(MS, -40, randomOf('white-40'))) },
  { name: 'pink-35', samples: pink() },
  { name: 'hum-35', samples: hum() },
  { name: 'comfort-62', samples: comfort('comfort') },
  { name: 'clicks', samples: clicks() },
  { name: 'breath', samples: breath() },
  { name: 'dtmf', samples: dtmf() },
  ...Object.entries(TONES).map(([name, [hz, on, off, db]]) => ({ name, samples: tone(hz, on, off, db) })),
];

const comfort = (name, ms = MS) => whiteNoise(ms, COMFORT_DB, randomOf(name));
const levelled = (samples, db) => scaled(samples, db - meanLevel(samples));

function pink() {
  const sum = [80, 320, 1280].reduce(
    (samples, hz) => added(samples, biquad(whiteNoise(MS, -20, randomOf(`pink ${hz}`)), 'low', hz)),
    whiteNoise(MS, -32, randomOf('pink')),
  );
  return levelled(telephoneBand(sum), -35);
}

/** Mains hum and its harmonics, and a little noise. */
function hum() {
  const samples = comfort('hum').map((noise, index) => {
    const phase = (2 * Math.PI * 50 * index) / (RATE * 1000);
    return noise + [1, 2, 3, 5, 7].reduce((sum, k) => sum + (400 / k) * Math.sin(k * phase), 0);
  });
  return levelled(samples, -35);
}

/** Short damped bursts, one or two a second. */
function clicks() {
  const random = randomOf('clicks');
  const samples = comfort('clicks');
  for (let at = 0; at < samples.length; at += (300 + random() * 900) * RATE) {
    const [ms, hz, loud] = [2 + random() * 12, 300 + random() * 2_500, 3_000 + random() * 9_000];
    for (let index = 0; index < ms * RATE * 4 && at + index < samples.length; index++)
      samples[Math.floor(at + index)] +=
        loud * Math.exp(-index / (ms * RATE)) * Math.sin((2 * Math.PI * hz * index) / (RATE * 1000));
  }
  return samples;
}

/** Air: noise about 1 kHz that swells for a second, every three. */
function breath() {
  const random = randomOf('breath');
  const samples = comfort('breath');
  const air = biquad(biquad(whiteNoise(MS, -28, random), 'high', 500), 'low', 1_600);
  for (let at = 0; at < samples.length; at += (2_000 + random() * 2_000) * RATE) {
    const length = Math.round((700 + random() * 800) * RATE);
    const loud = 0.25 + random() * 0.6;
    for (let index = 0; index < length && at + index < samples.length; index++) {
      const place = Math.floor(at + index);
      samples[place] += loud * air[place] * Math.sin((Math.PI * index) / length) ** 2;
    }
  }
  return samples;
}

function dtmf() {
  const random = randomOf('dtmf');
  const samples = comfort('dtmf');
  for (let at = 0; at < samples.length; at += (150 + random() * 1_200) * RATE)
    beep(samples, Math.floor(at), DTMF[Math.floor(random() * DTMF.length)], 100 + random() * 80, -16);
  return samples;
}

function tone(hz, onMs, offMs, db) {
  const samples = comfort(`tone ${hz}`, Math.ceil(MS / (onMs + offMs)) * (onMs + offMs));
  for (let at = 0; at < samples.length; at += (onMs + offMs) * RATE) beep(samples, at, hz, onMs, db);
  return samples;
}

/** @param db level while it sounds */
function beep(samples, at, hz, ms, db) {
  const amplitude = (32_768 * 10 ** (db / 20) * Math.SQRT2) / Math.sqrt(hz.length);
  for (let index = 0; index < ms * RATE && at + index < samples.length; index++)
    for (const each of hz)
      samples[at + index] += amplitude * Math.sin((2 * Math.PI * each * index) / (RATE * 1000));
}
