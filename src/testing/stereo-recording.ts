import { decodeMuLaw } from '../audio/mu-law.js';
import { writeWav } from '../audio/wav.js';
import type { CallObservations } from './call-observations.js';

const SAMPLE_RATE = 8000;

/** A stereo WAV of the call: left the caller, right what the caller heard. */
export function stereoRecording(call: CallObservations, fromMs: number, toMs: number): Uint8Array {
  const left = decodeMuLaw(call.callerAudio(fromMs, toMs));
  const right = decodeMuLaw(call.heardAudio(fromMs, toMs));
  return writeWav([left, right], SAMPLE_RATE);
}
