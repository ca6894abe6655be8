/** Zero crossings of the sinc on each side: with the window below, about 90 dB and 950 Hz of slope at 8 kHz. */
const ZERO_CROSSINGS = 24;
const KAISER_BETA = 9;
/** Where the filter is 6 dB down, as part of half the lower rate; flat up to 3.35 kHz for 8 kHz. */
const CUTOFF = 0.96;

interface Filter {
  /** Output samples per {@link Filter.down} input samples. */
  readonly up: number;
  readonly down: number;
  /** Input samples a result reaches back and ahead. */
  readonly half: number;
  /** `up` phases of `2 * half` taps. */
  readonly taps: Float32Array;
}

const filters = new Map<string, Filter>();

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

const bessel0 = (x: number): number => {
  let sum = 1;
  for (let term = 1, k = 1; term > 1e-12 * sum; k++) sum += term *= (x / (2 * k)) ** 2;
  return sum;
};

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const windowedSinc = (at: number, half: number, cutoff: number): number => {
  if (Math.abs(at) >= half) return 0;
  const window = bessel0(KAISER_BETA * Math.sqrt(1 - (at / half) ** 2)) / bessel0(KAISER_BETA);
  return cutoff * sinc(cutoff * at) * window;
};

const design = (up: number, down: number): Filter => {
  const cutoff = CUTOFF * Math.min(1, up / down);
  const half = Math.ceil(ZERO_CROSSINGS * Math.max(1, down / up));
  const taps = new Float32Array(up * half * 2);
  for (let phase = 0; phase < up; phase++) {
    const row = Array.from({ length: half * 2 }, (_, tap) =>
      windowedSinc(tap - half + 1 - phase / up, half, cutoff),
    );
    // Every phase passes a constant unchanged, else the phases would modulate the signal.
    const sum = row.reduce((total, tap) => total + tap, 0);
    taps.set(
      row.map((tap) => tap / sum),
      phase * half * 2,
    );
  }
  return { up, down, half, taps };
};

const filterFor = (fromHz: number, toHz: number): Filter => {
  if (![fromHz, toHz].every((rate) => Number.isInteger(rate) && rate > 0))
    throw new RangeError('Sample rates must be positive integers');
  const divisor = gcd(fromHz, toHz);
  const [up, down] = [toHz / divisor, fromHz / divisor];
  const key = `${up}/${down}`;
  const filter = filters.get(key) ?? design(up, down);
  filters.set(key, filter);
  return filter;
};

/**
 * Changes the sample rate of one stream, chunk by chunk: a polyphase, Kaiser-windowed sinc without net delay.
 * All chunks and the flush together give `ceil(samples * toHz / fromHz)` samples, the same however they are cut.
 */
export class Resampler {
  readonly #filter: Filter;
  /** Input from the first sample the next result needs. */
  #input: Float32Array;
  #phase = 0;
  #received = 0;
  #given = 0;

  /**
   * @param fromHz sample rate of the input
   * @param toHz sample rate of the output
   */
  constructor(
    readonly fromHz: number,
    readonly toHz: number,
  ) {
    this.#filter = filterFor(fromHz, toHz);
    this.#input = this.#leadIn();
  }

  /** The samples that can be computed by now, in the scale of the input. */
  process(samples: Float32Array | Int16Array): Float32Array {
    this.#received += samples.length;
    return this.#run(samples);
  }

  /** The remaining samples; the resampler then starts anew. */
  flush(): Float32Array {
    const missing = Math.ceil((this.#received * this.#filter.up) / this.#filter.down) - this.#given;
    const rest = this.#run(new Float32Array(this.#filter.half)).subarray(0, missing);
    this.#input = this.#leadIn();
    this.#phase = this.#received = this.#given = 0;
    return rest;
  }

  // Silence before the first sample; the newest input sample of the first result is number `half`.
  #leadIn(): Float32Array {
    return new Float32Array(this.#filter.half - 1);
  }

  #run(samples: Float32Array | Int16Array): Float32Array {
    const { up, down, half } = this.#filter;
    const input = this.#append(samples);
    const ready = input.length - half * 2;
    const results = new Float32Array(ready < 0 ? 0 : Math.ceil(((ready + 1) * up - this.#phase) / down));
    let at = 0;
    for (let index = 0; index < results.length; index++) {
      results[index] = this.#convolve(input, at);
      this.#phase += down;
      at += Math.floor(this.#phase / up);
      this.#phase %= up;
    }
    this.#input = input.subarray(at);
    this.#given += results.length;
    return results;
  }

  #append(samples: Float32Array | Int16Array): Float32Array {
    const joined = new Float32Array(this.#input.length + samples.length);
    joined.set(this.#input);
    joined.set(samples, this.#input.length);
    return joined;
  }

  #convolve(input: Float32Array, at: number): number {
    const { half, taps } = this.#filter;
    const length = half * 2;
    const row = this.#phase * length;
    let sum = 0;
    for (let tap = 0; tap < length; tap++) sum += (input[at + tap] ?? 0) * (taps[row + tap] ?? 0);
    return sum;
  }
}
