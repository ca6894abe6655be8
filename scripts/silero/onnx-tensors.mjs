// Reads the float tensors out of an ONNX file: just so much of its protobuf encoding as that takes.
// Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
import { Buffer } from 'node:buffer';

const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const NODE = { output: 2, attribute: 5 };
const ATTRIBUTE = { tensor: 5, graph: 6 };
const TENSOR = { dims: 1, type: 2, raw: 9 };
const FLOAT = 1;

/** Yields each field of a protobuf message as its number and value. */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
  };
  const take = (length) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const wire = key & 7;
    if (wire === 0) yield [key >>> 3, varint()];
    else if (wire === 1) yield [key >>> 3, take(8)];
    else if (wire === 2) yield [key >>> 3, take(varint())];
    else if (wire === 5) yield [key >>> 3, take(4)];
    else throw new Error(`protobuf wire type ${wire} at byte ${at}`);
  }
}

function readTensor(bytes) {
  const tensor = { dims: [], type: 0, raw: undefined };
  for (const [field, value] of fields(bytes)) {
    if (field === TENSOR.dims) tensor.dims.push(...(typeof value === 'number' ? [value] : value));
    if (field === TENSOR.type) tensor.type = value;
    if (field === TENSOR.raw) tensor.raw = value;
  }
  return tensor;
}

function collect(graph, found) {
  for (const [field, node] of fields(graph)) {
    if (field !== GRAPH_NODE) continue;
    let output = '';
    for (const [part, value] of fields(node)) {
      if (part === NODE.output) output = Buffer.from(value).toString();
      if (part !== NODE.attribute) continue;
      for (const [kind, content] of fields(value)) {
        if (kind === ATTRIBUTE.graph) collect(content, found);
        if (kind === ATTRIBUTE.tensor) found.set(output, readTensor(content));
      }
    }
  }
}

/** All float constants of the model and its branches: a map from name to `{ dims, values }`. */
export function onnxTensors(file) {
  const found = new Map();
  for (const [field, value] of fields(file)) if (field === MODEL_GRAPH) collect(value, found);
  const floats = new Map();
  for (const [name, { dims, type, raw }] of found)
    if (type === FLOAT && raw !== undefined)
      floats.set(name, { dims, values: new Float32Array(new Uint8Array(raw).buffer) });
  return floats;
}
