import { concatMap, from, type Observable, toArray } from 'rxjs';
import type { Clock } from '../call/clock.js';
import type { Phrases } from './phrases.js';
import { climb, type ClimbPlan, type Rung } from './speech-ladder.js';
import {
  SpeechFailedError,
  type SpeechChunk,
  type UtteranceVoiceOptions,
  type Voice,
  type VoiceOptions,
  type VoiceSession,
} from './voice.js';

/** A way that failed is passed over for so long, unless all have failed, ms. */
const REST_MS = 10_000;
/** The same after a failure that another try cannot mend, ms. */
const LASTING_REST_MS = 60_000;

/** The voice of one call. */
export interface CallVoice {
  /**
   * Speaks the text as it is written. Cold; unsubscribing cancels the synthesis.
   * @param options what differs from the call's settings
   */
  speak(text$: Observable<string>, options?: UtteranceVoiceOptions): Observable<SpeechChunk>;
  /** @throws Error that names a wrong setting */
  check(options: VoiceOptions): void;
  /**
   * Settings of the call from now on, in addition to those it has; connects, where the voice needs that.
   * @throws Error that names a wrong setting: then nothing has changed
   */
  use(options: VoiceOptions): void;
  /** The call is over. */
  close(): void;
}

/** What a call's voice stands on. */
export interface CallVoiceParts {
  readonly voice: Voice;
  readonly fallback: Voice | undefined;
  readonly clock: Clock;
  readonly phrases: Phrases;
  readonly filler: { readonly text: string; readonly afterMs: number };
  /** The phrases for a failure could not be made. */
  readonly noPhrases: (error: unknown) => void;
  readonly fell: (rung: Rung, error: unknown, next: Rung | undefined) => void;
}

/** Speaks with the best way that works: the voice's own ways, then the fallback voice. */
export class LadderVoice implements CallVoice {
  readonly #parts: CallVoiceParts;
  readonly #session: VoiceSession | undefined;
  readonly #resting = new Map<string, number>();
  #settings: VoiceOptions = {};

  constructor(parts: CallVoiceParts) {
    this.#parts = parts;
    this.#session = parts.voice.open?.();
  }

  speak(text$: Observable<string>, options: UtteranceVoiceOptions = {}): Observable<SpeechChunk> {
    if (options.phrase !== true || this.#session === undefined) return this.#climb(text$, options);
    return text$.pipe(
      toArray(),
      concatMap((pieces) => {
        const made = this.#parts.phrases.find(pieces.join(''), merged(this.#settings, options));
        return made === undefined ? this.#climb(from(pieces), options) : from(made);
      }),
    );
  }

  check(options: VoiceOptions): void {
    this.#session?.check?.(merged(this.#settings, options));
  }

  use(options: VoiceOptions): void {
    const settings = merged(this.#settings, options);
    this.#session?.check?.(settings);
    this.#settings = settings;
    if (this.#session === undefined) return;
    this.#session.warm?.(settings);
    const [way] = this.#session.ways({ ...settings, phrase: true });
    if (way !== undefined) void this.#parts.phrases.prepare(way, settings, this.#parts.noPhrases);
  }

  close(): void {
    this.#session?.close();
  }

  #climb(text$: Observable<string>, options: UtteranceVoiceOptions): Observable<SpeechChunk> {
    const { clock, phrases, filler } = this.#parts;
    let settings: UtteranceVoiceOptions = options;
    const plan = () => {
      const made = this.#plan(options);
      settings = made.options;
      return made;
    };
    return climb(text$, plan, {
      clock,
      fillerAfterMs: filler.afterMs,
      filler: () => phrases.audio(filler.text, this.#settings),
      fell: (rung, error, next) => {
        this.#rest(settings, rung, error, next);
        this.#parts.fell(rung, error, next);
      },
    });
  }

  #plan(options: UtteranceVoiceOptions): ClimbPlan {
    const settings: UtteranceVoiceOptions = merged(this.#settings, options);
    const rungs = this.#rungs(settings);
    const now = this.#parts.clock.now();
    const rested = rungs.filter((rung) =>
      [rung.name, rung.vendor, voiceKey(rung.vendor, settings)].every((key) => this.#restsUntil(key) <= now),
    );
    return { rungs: rested.length === 0 ? rungs : rested, options: settings };
  }

  #rungs(settings: UtteranceVoiceOptions): Rung[] {
    const { voice, fallback } = this.#parts;
    const own: Rung[] =
      this.#session === undefined
        ? [simple(voice)]
        : this.#session
            .ways(settings)
            .map(({ name, synthesize }) => ({ name, synthesize, vendor: voice.name }));
    return fallback === undefined ? own : [...own, simple(fallback)];
  }

  #restsUntil(name: string): number {
    return this.#resting.get(name) ?? 0;
  }

  /** The second try of the same way is no other way. What was asked for wrongly says nothing about the way. */
  #rest(settings: UtteranceVoiceOptions, rung: Rung, error: unknown, next: Rung | undefined): void {
    if (!(error instanceof SpeechFailedError)) return;
    const now = this.#parts.clock.now();
    if (error.lasts === 'account') this.#resting.set(rung.vendor, now + LASTING_REST_MS);
    else if (error.lasts === 'voice')
      this.#resting.set(voiceKey(rung.vendor, settings), now + LASTING_REST_MS);
    else if (next?.name !== rung.name) this.#resting.set(rung.name, now + REST_MS);
  }
}

/** What a vendor may refuse while it takes another. */
const voiceKey = (vendor: string, { voice, language, ...rest }: VoiceOptions): string =>
  `${vendor} ${JSON.stringify([voice, language, (rest as Record<string, unknown>)[vendor]])}`;

/** Later settings add to earlier ones, a vendor's too. */
function merged<T extends VoiceOptions>(earlier: VoiceOptions, later: T): T {
  return mergedObjects({ ...earlier }, { ...later } as Record<string, unknown>) as T;
}

function mergedObjects(
  earlier: Record<string, unknown>,
  later: Record<string, unknown>,
): Record<string, unknown> {
  const result = { ...earlier };
  for (const [name, value] of Object.entries(later)) {
    const before = result[name];
    result[name] = isObject(before) && isObject(value) ? mergedObjects(before, value) : value;
  }
  return result;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const simple = (voice: Voice): Rung => ({
  name: voice.name,
  vendor: voice.name,
  synthesize: (text$, options) => voice.synthesize(text$, options),
});

/** The voice of a call whose TTS service can only speak, such as a test's. */
export class PlainCallVoice implements CallVoice {
  #settings: VoiceOptions = {};

  constructor(private readonly tts: Pick<CallVoice, 'speak'>) {}

  speak(text$: Observable<string>, options?: UtteranceVoiceOptions): Observable<SpeechChunk> {
    return this.tts.speak(text$, merged(this.#settings, options ?? {}));
  }

  check(): void {
    // Whatever it is, it is for the service to take or to leave.
  }

  use(options: VoiceOptions): void {
    this.#settings = merged(this.#settings, options);
  }

  close(): void {
    // Nothing was opened.
  }
}
