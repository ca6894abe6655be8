const HEADER_BYTES = 44;
const PCM = 1;

/** 16-bit PCM. */
export interface MonoWav {
  readonly sampleRate: number;
  readonly samples: Int16Array;
}

/**
 * A 16-bit PCM WAV file.
 *
 * @param channels one Int16Array each (left first); shorter ones are padded with silence
 * @param sampleRate Hz
 */
export function writeWav(channels: readonly Int16Array[], sampleRate: number): Uint8Array {
  const frames = channels.reduce((length, channel) => Math.max(length, channel.length), 0);
  const blockBytes = channels.length * 2;
  const file = new Uint8Array(HEADER_BYTES + frames * blockBytes);
  const view = new DataView(file.buffer);
  writeHeader(view, { channels: channels.length, sampleRate, dataBytes: frames * blockBytes });
  channels.forEach((channel, index) => {
    let at = HEADER_BYTES + index * 2;
    for (const sample of channel) {
      view.setInt16(at, sample, true);
      at += blockBytes;
    }
  });
  return file;
}

/** Reads a 16-bit mono PCM WAV file; unknown chunks are skipped, a cut-off file gives what is there. */
export function readMonoWav(file: Uint8Array): MonoWav {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || tagAt(view, 0) !== 'RIFF' || tagAt(view, 8) !== 'WAVE')
    throw new Error('Not a WAV file');
  let sampleRate: number | undefined;
  for (let at = 12; at + 8 <= file.length; at = nextChunk(view, at)) {
    const tag = tagAt(view, at);
    if (tag === 'fmt ') sampleRate = readFormat(view, at + 8);
    if (tag === 'data' && sampleRate !== undefined) return { sampleRate, samples: readSamples(view, at) };
  }
  throw new Error('The WAV file holds no audio');
}

function writeHeader(
  view: DataView,
  format: { channels: number; sampleRate: number; dataBytes: number },
): void {
  const { channels, sampleRate, dataBytes } = format;
  putTag(view, 0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  putTag(view, 8, 'WAVE');
  putTag(view, 12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  putTag(view, 36, 'data');
  view.setUint32(40, dataBytes, true);
}

function readFormat(view: DataView, at: number): number {
  if (at + 16 > view.byteLength) throw new Error('The WAV file is cut off in its header');
  const [encoding, channels, bits] = [
    view.getUint16(at, true),
    view.getUint16(at + 2, true),
    view.getUint16(at + 14, true),
  ];
  if (encoding !== PCM || channels !== 1 || bits !== 16)
    throw new Error('Only 16-bit mono PCM WAV files can be read');
  return view.getUint32(at + 4, true);
}

function readSamples(view: DataView, at: number): Int16Array {
  const bytes = Math.min(view.getUint32(at + 4, true), view.byteLength - at - 8);
  return Int16Array.from({ length: bytes >> 1 }, (_, index) => view.getInt16(at + 8 + index * 2, true));
}

// Chunks start at even places.
function nextChunk(view: DataView, at: number): number {
  const size = view.getUint32(at + 4, true);
  return at + 8 + size + (size % 2);
}

const putTag = (view: DataView, at: number, tag: string) => {
  for (let index = 0; index < 4; index++) view.setUint8(at + index, tag.charCodeAt(index));
};

const tagAt = (view: DataView, at: number): string =>
  String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
