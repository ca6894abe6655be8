import { DENSE_WASM } from './dense-wasm.js';

/** Computes dense layers in its own memory; all places and steps are counted in floats. */
export interface DenseKernel {
  readonly name: 'simd' | 'plain';
  readonly memory: Float32Array;
  /** For each column, rows times width weights by the input, plus the bias, and no result below the floor. */
  dense(layer: DenseLayer): void;
}

/** One layer; rows and width are multiples of 4. */
export interface DenseLayer {
  readonly weights: number;
  readonly bias: number;
  readonly input: number;
  /** From one column's input to the next. */
  readonly inputStep: number;
  readonly output: number;
  readonly outputStep: number;
  readonly rows: number;
  readonly width: number;
  readonly columns: number;
  /** 0 rectifies, `-Infinity` does nothing. */
  readonly floor: number;
}

const PAGE_BYTES = 65_536;

type Dense = (...places: number[]) => void;

/**
 * The fastest kernel of this machine: WebAssembly with SIMD, else plain JavaScript.
 * @param floats size of its memory
 */
export function denseKernel(floats: number): DenseKernel {
  return simdKernel(floats) ?? plainKernel(floats);
}

/** @returns undefined where there is no WebAssembly with SIMD, or where it may not be compiled */
export function simdKernel(floats: number, wasm = DENSE_WASM): DenseKernel | undefined {
  let instance: WebAssembly.Instance;
  try {
    instance = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(wasm, 'base64')));
  } catch {
    return undefined;
  }
  const memory = instance.exports['memory'] as WebAssembly.Memory;
  const dense = instance.exports['dense'] as Dense;
  memory.grow(Math.ceil((floats * 4) / PAGE_BYTES));
  return {
    name: 'simd',
    memory: new Float32Array(memory.buffer, 0, floats),
    dense: (layer) => {
      dense(
        layer.weights * 4,
        layer.bias * 4,
        layer.input * 4,
        layer.inputStep * 4,
        layer.output * 4,
        layer.outputStep * 4,
        layer.rows,
        layer.width,
        layer.columns,
        layer.floor,
      );
    },
  };
}

export function plainKernel(floats: number): DenseKernel {
  const memory = new Float32Array(floats);
  return {
    name: 'plain',
    memory,
    dense: (layer) => {
      for (let column = 0; column < layer.columns; column++) plainColumn(memory, layer, column);
    },
  };
}

function plainColumn(memory: Float32Array, layer: DenseLayer, column: number): void {
  const { weights, bias, rows, width, floor } = layer;
  const input = layer.input + column * layer.inputStep;
  const output = layer.output + column * layer.outputStep;
  for (let row = 0; row < rows; row++) {
    let weight = weights + row * width;
    // Four sums, as the processor can then work on them side by side.
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let at = input; at < input + width; at += 4, weight += 4) {
      a += (memory[at] as number) * (memory[weight] as number);
      b += (memory[at + 1] as number) * (memory[weight + 1] as number);
      c += (memory[at + 2] as number) * (memory[weight + 2] as number);
      d += (memory[at + 3] as number) * (memory[weight + 3] as number);
    }
    memory[output + row] = Math.max(floor, a + b + (c + d) + (memory[bias + row] as number));
  }
}
