/** The byte of digital silence. */
export const MU_LAW_SILENCE = 0xff;
/** At 8 kHz, mono. */
export const MU_LAW_BYTES_PER_MS = 8;

const BIAS = 132;
const CLIP = 32_635;

const decodeOne = (code: number): number => {
  const bits = ~code & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + BIAS) << ((bits & 0x70) >> 4);
  return (bits & 0x80) === 0 ? magnitude - BIAS : BIAS - magnitude;
};

const encodeOne = (sample: number): number => {
  const sign = sample < 0 ? 0x80 : 0;
  const biased = Math.min(Math.abs(sample), CLIP) + BIAS;
  const segment = 24 - Math.clz32(biased);
  const step = (biased >> (segment + 3)) & 0x0f;
  return ~(sign | (segment << 4) | step) & 0xff;
};

const decoded = Int16Array.from({ length: 256 }, (_, code) => decodeOne(code));
const encoded = Uint8Array.from({ length: 65_536 }, (_, word) => encodeOne((word << 16) >> 16));

/**
 * G.711 mu-law bytes to 16-bit samples.
 *
 * @param out is filled and returned when given: at least as long as `bytes`
 */
export function decodeMuLaw(bytes: Uint8Array, out = new Int16Array(bytes.length)): Int16Array {
  for (let index = 0; index < bytes.length; index++) out[index] = decoded[bytes[index] ?? 0] ?? 0;
  return out;
}

/**
 * 16-bit samples to G.711 mu-law bytes.
 *
 * @param samples full scale is 32767; values beyond it, as a filter may give, are clipped
 * @param out is filled and returned when given: at least as long as `samples`
 */
export function encodeMuLaw(
  samples: Int16Array | Float32Array | readonly number[],
  out = new Uint8Array(samples.length),
): Uint8Array {
  for (let index = 0; index < samples.length; index++) {
    const sample = Math.max(-32_768, Math.min(32_767, Math.round(samples[index] ?? 0)));
    out[index] = encoded[sample & 0xffff] ?? MU_LAW_SILENCE;
  }
  return out;
}
