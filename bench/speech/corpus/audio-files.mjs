import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import { readMonoWav } from '../../../dist/audio/wav.js';
import { toTelephoneRate } from '../sound.mjs';

/** Files of a folder and those below it. */
export const filesBelow = (folder, pattern) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(folder, name));

/** A WAV file at 8 kHz. */
export function readWav(path) {
  const { samples, sampleRate } = readMonoWav(readFileSync(path));
  return toTelephoneRate(samples, sampleRate);
}

/** Headerless 16-bit samples, little-endian. */
export function readRaw(path, sampleRate) {
  const file = readFileSync(path);
  const samples = Int16Array.from({ length: file.length >> 1 }, (_, index) => file.readInt16LE(index * 2));
  return toTelephoneRate(samples, sampleRate);
}

/** An Ogg Vorbis file, its first channel, at 8 kHz. */
export async function readOgg(path) {
  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  const { channelData, sampleRate, samplesDecoded } = await decoder.decodeFile(readFileSync(path));
  decoder.free();
  if (samplesDecoded === 0) throw new Error(`${path} holds no audio`);
  return toTelephoneRate(
    channelData[0].map((sample) => sample * 32_767),
    sampleRate,
  );
}

/** Sounds of a .cat container by their titles, at 8 kHz; 8 bytes each say where they are. */
export function readCat(path, title) {
  const file = readFileSync(path);
  const count = (file.readUInt32LE(0) & 0x7fff_ffff) / 8;
  return Array.from({ length: count }, (_, index) => file.readUInt32LE(index * 8) & 0x7fff_ffff)
    .filter((at) => title.test(file.toString('latin1', at + 1, at + file[at])))
    .map((at) => readMonoWav(file.subarray(file.indexOf('RIFF', at))))
    .map(({ samples, sampleRate }) => toTelephoneRate(samples, sampleRate));
}
