import { readFileSync } from 'node:fs';
import { denseKernel, type DenseKernel, type DenseLayer } from './dense.js';

/** Samples of a window at 8 kHz: 32 ms. */
export const WINDOW_SAMPLES = 256;
/** Samples of the window before that the network sees again. */
const CONTEXT_SAMPLES = 32;
const CELLS = 128;

/** What the network remembers of one caller. */
export class SileroState {
  readonly hidden = new Float32Array(CELLS);
  readonly cell = new Float32Array(CELLS);
  readonly context = new Float32Array(CONTEXT_SAMPLES);

  reset(): void {
    this.hidden.fill(0);
    this.cell.fill(0);
    this.context.fill(0);
  }
}

const FRAME = 128;
const HOP = 64;
const STEPS = 4;
const BINS = 65;
/** Bins rounded up to the kernel's step. */
const SPECTRUM = 68;
/** Where the imaginary parts begin. */
const IMAGINARY = 68;
const PADDED = CONTEXT_SAMPLES + WINDOW_SAMPLES + CONTEXT_SAMPLES;
const NO_FLOOR = -Infinity;

/** The sizes of what `silero-v6-8k.bin` holds, in its order. */
const WEIGHTS = {
  encoder0: 128 * 3 * SPECTRUM,
  bias0: 128,
  encoder1: 64 * 3 * 128,
  bias1: 64,
  encoder2: 64 * 2 * 64,
  bias2: 64,
  encoder3: 128 * 64,
  bias3: 128,
  lstm: 4 * CELLS * 2 * CELLS,
  lstmBias: 4 * CELLS,
  decoder: CELLS,
  decoderBias: 1,
} as const;

/** What the kernel's memory holds behind the weights. */
const SCRATCH = {
  basis: 2 * SPECTRUM * FRAME,
  noBias: 2 * SPECTRUM,
  samples: PADDED,
  spectrum: STEPS * 2 * SPECTRUM,
  /** A step of silence before and one behind. */
  magnitudes: (STEPS + 2) * SPECTRUM,
  encoded0: (STEPS + 1) * 128,
  encoded1: 2 * 64,
  encoded2: 64,
  /** The encoder's answer, and what was remembered. */
  encodedAndHidden: 2 * CELLS,
  gates: 4 * CELLS,
} as const;

type Place = keyof typeof WEIGHTS | keyof typeof SCRATCH;

/** The kernel works on four floats at a time: every place starts on such a step. */
const aligned = (floats: number) => Math.ceil(floats / 4) * 4;

function places(): { at: Record<Place, number>; floats: number } {
  let floats = 0;
  const at = {} as Record<Place, number>;
  for (const [place, size] of Object.entries({ ...WEIGHTS, ...SCRATCH })) {
    at[place as Place] = floats;
    floats += aligned(size);
  }
  return { at, floats };
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/**
 * The 8 kHz branch of Silero VAD v6: magnitudes of four Hann-windowed frames, four convolutions, one recurrent cell.
 * Shared by all calls of a process, as each brings its own {@link SileroState}; synchronous, and makes no garbage.
 *
 * Model: https://github.com/snakers4/silero-vad (MIT). A window has so few steps that each convolution is a dense
 * layer over neighbouring steps.
 */
export class SileroNetwork {
  readonly kernelName: DenseKernel['name'];
  readonly #kernel: DenseKernel;
  readonly #memory: Float32Array;
  readonly #at: Readonly<Record<Place, number>>;
  readonly #layers: readonly DenseLayer[];
  readonly #transform: DenseLayer;
  readonly #recurrence: DenseLayer;

  /** @throws Error when the weights are not there or not whole */
  constructor(makeKernel: (floats: number) => DenseKernel = denseKernel) {
    const { at, floats } = places();
    const kernel = makeKernel(floats);
    this.kernelName = kernel.name;
    this.#kernel = kernel;
    this.#memory = kernel.memory;
    this.#at = at;
    this.#load(readFileSync(new URL('./silero-v6-8k.bin', import.meta.url)));
    this.#writeBasis();
    this.#transform = {
      ...{ weights: at.basis, bias: at.noBias, rows: 2 * SPECTRUM, width: FRAME, columns: STEPS },
      ...{
        input: at.samples,
        inputStep: HOP,
        output: at.spectrum,
        outputStep: 2 * SPECTRUM,
        floor: NO_FLOOR,
      },
    };
    this.#layers = encoder(at);
    this.#recurrence = {
      ...{ weights: at.lstm, bias: at.lstmBias, rows: 4 * CELLS, width: 2 * CELLS, columns: 1 },
      ...{ input: at.encodedAndHidden, inputStep: 0, output: at.gates, outputStep: 0, floor: NO_FLOOR },
    };
  }

  /**
   * @param window of 256 samples at 8 kHz, full scale 1
   * @param state of the caller whose window it is; changed
   * @returns the probability that the window holds speech, 0 to 1
   */
  run(window: Float32Array, state: SileroState): number {
    this.#takeSamples(window, state);
    this.#kernel.dense(this.#transform);
    this.#measureSpectrum();
    for (const layer of this.#layers) this.#kernel.dense(layer);
    this.#memory.set(state.hidden, this.#at.encodedAndHidden + CELLS);
    this.#kernel.dense(this.#recurrence);
    return this.#remember(state);
  }

  #load(bytes: Buffer): void {
    const total = Object.values(WEIGHTS).reduce((sum, size) => sum + size, 0);
    if (bytes.length !== total * 4)
      throw new Error(`Silero's weights are ${bytes.length} bytes instead of ${total * 4}: install again`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length); // little-endian on every machine
    let read = 0;
    for (const [place, size] of Object.entries(WEIGHTS))
      for (let index = 0; index < size; index++, read += 4)
        this.#memory[this.#at[place as Place] + index] = view.getFloat32(read, true);
  }

  /** The Fourier transform of a Hann-windowed frame as a matrix; the model's own basis is the same to 1e-7. */
  #writeBasis(): void {
    for (let bin = 0; bin < BINS; bin++)
      for (let index = 0; index < FRAME; index++) {
        const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / FRAME);
        const angle = (2 * Math.PI * bin * index) / FRAME;
        const row = this.#at.basis + bin * FRAME + index;
        this.#memory[row] = hann * Math.cos(angle);
        this.#memory[row + IMAGINARY * FRAME] = hann * Math.sin(angle);
      }
  }

  #takeSamples(window: Float32Array, { context }: SileroState): void {
    const memory = this.#memory;
    const start = this.#at.samples;
    memory.set(context, start);
    memory.set(window, start + CONTEXT_SAMPLES);
    const end = start + CONTEXT_SAMPLES + WINDOW_SAMPLES;
    for (let index = 0; index < CONTEXT_SAMPLES; index++) {
      context[index] = memory[end - CONTEXT_SAMPLES + index] as number;
      memory[end + index] = memory[end - 2 - index] as number; // mirrored at the end
    }
  }

  #measureSpectrum(): void {
    const memory = this.#memory;
    for (let step = 0; step < STEPS; step++) {
      const from = this.#at.spectrum + step * 2 * SPECTRUM;
      const to = this.#at.magnitudes + (step + 1) * SPECTRUM;
      for (let bin = 0; bin < BINS; bin++) {
        const real = memory[from + bin] as number;
        const imaginary = memory[from + IMAGINARY + bin] as number;
        memory[to + bin] = Math.sqrt(real * real + imaginary * imaginary);
      }
    }
  }

  /** The recurrent cell: its gates are input, forget, candidate and output. */
  #remember({ hidden, cell }: SileroState): number {
    const memory = this.#memory;
    const { gates, decoder, decoderBias } = this.#at;
    let sum = memory[decoderBias] as number;
    for (let index = 0; index < CELLS; index++) {
      const gate = gates + index;
      const kept = sigmoid(memory[gate + CELLS] as number) * (cell[index] as number);
      const added = sigmoid(memory[gate] as number) * Math.tanh(memory[gate + 2 * CELLS] as number);
      const value = kept + added;
      const out = sigmoid(memory[gate + 3 * CELLS] as number) * Math.tanh(value);
      cell[index] = value;
      hidden[index] = out;
      if (out > 0) sum += out * (memory[decoder + index] as number);
    }
    return sigmoid(sum);
  }
}

function encoder(at: Readonly<Record<Place, number>>): DenseLayer[] {
  return [
    {
      ...{ weights: at.encoder0, bias: at.bias0, rows: 128, width: 3 * SPECTRUM, columns: 4, floor: 0 },
      ...{ input: at.magnitudes, inputStep: SPECTRUM, output: at.encoded0 + 128, outputStep: 128 },
    },
    {
      ...{ weights: at.encoder1, bias: at.bias1, rows: 64, width: 3 * 128, columns: 2, floor: 0 },
      ...{ input: at.encoded0, inputStep: 2 * 128, output: at.encoded1, outputStep: 64 },
    },
    {
      ...{ weights: at.encoder2, bias: at.bias2, rows: 64, width: 2 * 64, columns: 1, floor: 0 },
      ...{ input: at.encoded1, inputStep: 0, output: at.encoded2, outputStep: 0 },
    },
    {
      ...{ weights: at.encoder3, bias: at.bias3, rows: 128, width: 64, columns: 1, floor: 0 },
      ...{ input: at.encoded2, inputStep: 0, output: at.encodedAndHidden, outputStep: 0 },
    },
  ];
}
