import { concatMap, EMPTY, Observable, of, type Subscriber, toArray } from 'rxjs';
import { Alarm } from '../../call/alarm.js';
import type { Clock } from '../../call/clock.js';
import { speakByClause } from '../clauses/speak-by-clause.js';
import { voicedSpans } from '../clauses/voiced-text.js';
import { SpeechFailedError, type SpeechChunk, type UtteranceVoiceOptions } from '../voice.js';
import type { ResolvedElevenLabsOptions } from './elevenlabs.options.js';
import { failed, refusal } from './failures.js';
import { NO_ANSWER, type SpeechClient } from './sdk.js';
import { type CharacterTimes, decodedAudio } from './server-message.js';
import { languageCode, type SpeechRequest } from './speech-request.js';
import { SpeechTimeline } from './speech-timeline.js';

export interface HttpSpeechOptions {
  readonly client: SpeechClient;
  readonly clock: Clock;
  readonly request: SpeechRequest;
  readonly settings: ResolvedElevenLabsOptions;
}

/** Speaks clause by clause, a request each; a fixed phrase in one. Unsubscribing aborts the request. */
export function httpSpeech(
  text$: Observable<string>,
  utterance: UtteranceVoiceOptions,
  options: HttpSpeechOptions,
): Observable<SpeechChunk> {
  const { language } = options.request;
  if (utterance.phrase === true)
    return text$.pipe(
      toArray(),
      concatMap((pieces) => requestSpeech(pieces.join(''), options)),
    );
  const clauses = language === undefined ? {} : { language };
  return speakByClause(text$, utterance, clauses, (text) => requestSpeech(text, options));
}

function requestSpeech(text: string, options: HttpSpeechOptions): Observable<SpeechChunk> {
  const spans = voicedSpans(text, options.request.language);
  const spoken = spans.map(({ spoken }) => spoken).join('');
  const timeline = new SpeechTimeline();
  timeline.wrote(spans);
  if (spoken.trim() === '') {
    const rest = timeline.rest();
    return rest === undefined ? EMPTY : of(rest);
  }
  return new Observable((subscriber) => {
    // One controller per request: a shared signal would keep a listener of each.
    const controller = new AbortController();
    const watch = new Alarm(options.clock);
    subscriber.add(() => {
      watch.stop();
      controller.abort();
    });
    void new SpeechRequestRun(subscriber, options, timeline, watch).run(spoken, controller.signal);
  });
}

class SpeechRequestRun {
  readonly #subscriber: Subscriber<SpeechChunk>;
  readonly #options: HttpSpeechOptions;
  readonly #timeline: SpeechTimeline;
  readonly #watch: Alarm;

  constructor(
    subscriber: Subscriber<SpeechChunk>,
    options: HttpSpeechOptions,
    timeline: SpeechTimeline,
    watch: Alarm,
  ) {
    this.#subscriber = subscriber;
    this.#options = options;
    this.#timeline = timeline;
    this.#watch = watch;
  }

  async run(text: string, signal: AbortSignal): Promise<void> {
    try {
      this.#expectWithin(this.#options.settings.limits.httpFirstAudioMs, 'timeout', 'sent no audio in time');
      const { data, rawResponse } = await this.#ask(text, signal);
      const type = rawResponse.headers.get('content-type') ?? '';
      if (!/json|event-stream/.test(type))
        throw failed('bad_answer', `answered with ${type} instead of speech`);
      for await (const { audioBase64, alignment } of data) {
        if (this.#subscriber.closed) return;
        this.#pass(audioBase64, alignment);
      }
      this.#finish();
    } catch (error) {
      this.#subscriber.error(asFailure(error));
    }
  }

  #ask(text: string, abortSignal: AbortSignal) {
    const { client, request, settings } = this.#options;
    const { voiceId, model, settings: voiceSettings, pronunciation } = request;
    const language = languageCode(request);
    return client.textToSpeech
      .streamWithTimestamps(
        voiceId,
        {
          text,
          modelId: model,
          outputFormat: 'ulaw_8000',
          ...(settings.logging ? {} : { enableLogging: false }),
          ...(settings.textNormalization === 'auto'
            ? {}
            : { applyTextNormalization: settings.textNormalization }),
          ...(language === undefined ? {} : { languageCode: language }),
          ...(Object.keys(voiceSettings ?? {}).length === 0
            ? {}
            : { voiceSettings: { ...voiceSettings } as VoiceSettings }),
          ...(pronunciation === undefined
            ? {}
            : { pronunciationDictionaryLocators: pronunciation.map(locator) }),
        },
        { abortSignal, maxRetries: 0 },
      )
      .withRawResponse();
  }

  #pass(encoded: unknown, alignment: Characters | undefined): void {
    const audio = decodedAudio(encoded);
    if (audio === undefined) throw failed('bad_answer', 'answered with something else than speech');
    const { stallMs } = this.#options.settings.limits;
    this.#subscriber.next(this.#timeline.received(audio, alignment && inMs(alignment)));
    if (!this.#subscriber.closed) this.#expectWithin(stallMs, 'stalled', 'stopped sending audio');
  }

  #finish(): void {
    if (this.#timeline.audioMs === 0) throw failed('bad_answer', 'answered with something else than speech');
    if (this.#timeline.isShort) throw failed('incomplete', 'ended its speech too early');
    const rest = this.#timeline.rest();
    if (rest !== undefined) this.#subscriber.next(rest);
    this.#subscriber.complete();
  }

  #expectWithin(ms: number, code: string, what: string): void {
    this.#watch.set(ms, () => {
      this.#subscriber.error(failed(code, what));
    });
  }
}

type VoiceSettings = NonNullable<
  Parameters<SpeechClient['textToSpeech']['streamWithTimestamps']>[1]['voiceSettings']
>;

interface Characters {
  readonly characters: readonly string[];
  readonly characterStartTimesSeconds: readonly number[];
  readonly characterEndTimesSeconds: readonly number[];
}

const inMs = (alignment: Characters): CharacterTimes => {
  const { characters, characterStartTimesSeconds: starts, characterEndTimesSeconds: ends } = alignment;
  return {
    chars: characters,
    startsMs: starts.map((seconds) => seconds * 1_000),
    durationsMs: ends.map((seconds, index) => (seconds - (starts[index] ?? seconds)) * 1_000),
  };
};

const locator = ({ dictionaryId, versionId }: { dictionaryId: string; versionId?: string | undefined }) => ({
  pronunciationDictionaryId: dictionaryId,
  ...(versionId === undefined ? {} : { versionId }),
});

function asFailure(error: unknown): SpeechFailedError {
  if (error instanceof SpeechFailedError) return error;
  const { statusCode, body, message } = Object(error) as {
    statusCode?: unknown;
    body?: unknown;
    message?: unknown;
  };
  if (statusCode === NO_ANSWER) return failed('connection', 'could not be reached', error);
  if (typeof statusCode === 'number') return refusal(statusCode, body);
  const what = typeof message === 'string' && /pars|json/i.test(message) ? 'bad_answer' : 'connection';
  return failed(
    what,
    what === 'connection' ? 'broke the connection' : 'answered with something else than speech',
    error,
  );
}
