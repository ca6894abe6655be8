import { readMonoWav } from '../../audio/wav.js';
import { runWasi } from './wasi-shim.js';

/** Voices inside the flite package; `slt` is female, the others are male. */
export const FLITE_VOICES = ['rms', 'awb', 'slt', 'kal16', 'kal'] as const;
/** Name of a voice of Flite. */
export type FliteVoice = (typeof FLITE_VOICES)[number];

/** A speech sound; its start is the end of the one before. */
export interface Phone {
  /** `pau` is a pause. */
  readonly name: string;
  readonly endMs: number;
}

/** What flite made of a text. */
export interface FliteSpeech {
  /** 16-bit mono. */
  readonly samples: Int16Array;
  /** Hz; 16000, and 8000 for the voice `kal`. */
  readonly sampleRate: number;
  readonly phones: readonly Phone[];
}

/** The smallest voice: all share one lexicon, so it tells the phones of words at the least cost. */
const LEXICON_VOICE: FliteVoice = 'kal';
const PAUSE = 'pau';

/** flite as a compiled program; each call runs a new instance, so nothing carries over from call to call. */
export class Flite {
  constructor(private readonly program: WebAssembly.Module) {}

  /**
   * @param text one clause in plain English words
   * @param stretch duration factor: 2 speaks half as fast
   */
  synthesize(text: string, voice: FliteVoice, stretch = 1): FliteSpeech {
    const { stdout, wav } = this.#run('-psdur', voice, text, '/speech.wav', [
      '--setf',
      `duration_stretch=${stretch}`,
    ]);
    if (wav === undefined) throw new Error('flite wrote no audio');
    return { ...readMonoWav(wav), phones: parsePhones(stdout) };
  }

  /** The phones of each word spoken on its own. */
  phonesOf(words: readonly string[]): string[][] {
    // Commas put a pause around each word, so that one run serves all of them.
    const groups = this.#speakApart(words);
    return groups.length === words.length ? groups : words.map((word) => this.#speakApart([word]).flat());
  }

  #speakApart(words: readonly string[]): string[][] {
    if (words.length === 0) return [];
    const { stdout } = this.#run('-ps', LEXICON_VOICE, `${words.join(', ')}.`, 'none');
    return splitAtPauses(stdout.trim().split(/\s+/));
  }

  #run(print: string, voice: FliteVoice, text: string, output: string, more: readonly string[] = []) {
    const args = ['flite', print, '-voice', voice, ...more, '-t', text, '-o', output];
    const { exitCode, stdout, stderr, files } = runWasi(this.program, args);
    if (exitCode !== 0) throw new Error(`flite failed with exit code ${exitCode}: ${stderr.trim()}`);
    return { stdout, wav: files.get('speech.wav') };
  }
}

/** Whether a phone is a pause. */
export const isPause = (phone: string): boolean => phone === PAUSE;

const parsePhones = (line: string): Phone[] =>
  [...line.matchAll(/(\S+):([\d.]+)/g)].map(([, name = '', seconds]) => ({
    name,
    endMs: Number(seconds) * 1000,
  }));

function splitAtPauses(phones: readonly string[]): string[][] {
  const groups: string[][] = [[]];
  for (const phone of phones) {
    if (isPause(phone)) groups.push([]);
    else groups.at(-1)?.push(phone);
  }
  return groups.filter((group) => group.length > 0);
}
