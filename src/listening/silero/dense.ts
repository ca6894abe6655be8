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
  for (let row = 0; row < rows; row += 4) {
    // Four rows at once: each input is read once for them, and their sums do not wait for each other.
    const first = weights + row * width;
    const [second, third, fourth] = [first + width, first + 2 * width, first + 3 * width];
    let a = memory[bias + row] as number;
    let b = memory[bias + row + 1] as number;
    let c = memory[bias + row + 2] as number;
    let d = memory[bias + row + 3] as number;
    for (let at = 0; at < width; at++) {
      const value = memory[input + at] as number;
      a += value * (memory[first + at] as number);
      b += value * (memory[second + at] as number);
      c += value * (memory[third + at] as number);
      d += value * (memory[fourth + at] as number);
    }
    memory[output + row] = Math.max(floor, a);
    memory[output + row + 1] = Math.max(floor, b);
    memory[output + row + 2] = Math.max(floor, c);
    memory[output + row + 3] = Math.max(floor, d);
  }
}
