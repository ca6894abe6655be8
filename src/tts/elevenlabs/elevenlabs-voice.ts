import { Logger } from '@nestjs/common';
import { defer, finalize, type Observable } from 'rxjs';
import type { Clock } from '../../call/clock.js';
import { warmClauses } from '../clauses/warm-clauses.js';
import type {
  SpeechChunk,
  SpeechWay,
  UtteranceVoiceOptions,
  Voice,
  VoiceOptions,
  VoiceSession,
} from '../voice.js';
import { CallSockets } from './call-sockets.js';
import {
  type ElevenLabsOptions,
  type ResolvedElevenLabsOptions,
  resolveElevenLabsOptions,
} from './elevenlabs.options.js';
import { httpSpeech } from './http-speech.js';
import { liveSpeech } from './live-speech.js';
import { loadClient, type SpeechClient } from './sdk.js';
import { socketUrl, speechRequest } from './speech-request.js';

/** Speech by ElevenLabs: streamed by the clause over one warm socket per call, over HTTP when that fails. */
export class ElevenLabsVoice implements Voice {
  readonly name = 'elevenlabs';
  readonly #options: ResolvedElevenLabsOptions;
  readonly #client: SpeechClient;
  readonly #clock: Clock;
  readonly #logger = new Logger('TwilioVoice');
  #malformed = 0;

  private constructor(options: ResolvedElevenLabsOptions, client: SpeechClient, clock: Clock) {
    this.#options = options;
    this.#client = client;
    this.#clock = clock;
  }

  /**
   * Loads the SDK; nothing is asked of ElevenLabs yet.
   * @throws Error that names each wrong option, or the package that is missing
   */
  static async create(options: ElevenLabsOptions, clock: Clock): Promise<ElevenLabsVoice> {
    const resolved = resolveElevenLabsOptions(options);
    warmClauses(resolved.language ?? 'en');
    return new ElevenLabsVoice(resolved, await loadClient(resolved), clock);
  }

  /** Messages of the server that could not be read; they were skipped. */
  get malformedMessages(): number {
    return this.#malformed;
  }

  /** One utterance on a socket of its own. */
  synthesize(text$: Observable<string>, options: UtteranceVoiceOptions = {}): Observable<SpeechChunk> {
    return defer(() => {
      const session = this.open();
      const [way] = session.ways(options);
      return way.synthesize(text$, options).pipe(
        finalize(() => {
          session.close();
        }),
      );
    });
  }

  open(): ElevenLabsSession {
    const { apiKey, limits } = this.#options;
    const sockets = new CallSockets({
      ...limits,
      apiKey,
      clock: this.#clock,
      malformed: () => {
        if (this.#malformed++ === 0)
          this.#logger.warn(
            'ElevenLabs sent a message that cannot be read: it is skipped, as are others like it.',
          );
      },
    });
    return new ElevenLabsSession(sockets, this.#options, this.#client, this.#clock);
  }

  /** Nest calls this when the module goes. */
  onModuleDestroy(): Promise<void> {
    return this.#client.close();
  }
}

/** The ElevenLabs voice of one call. */
export class ElevenLabsSession implements VoiceSession {
  readonly #sockets: CallSockets;
  readonly #options: ResolvedElevenLabsOptions;
  readonly #client: SpeechClient;
  readonly #clock: Clock;

  constructor(sockets: CallSockets, options: ResolvedElevenLabsOptions, client: SpeechClient, clock: Clock) {
    this.#sockets = sockets;
    this.#options = options;
    this.#client = client;
    this.#clock = clock;
  }

  /** @throws Error that names a wrong option */
  warm(options: VoiceOptions): void {
    const request = speechRequest(this.#options, options);
    this.#sockets.warm(socketUrl(this.#options, request));
    if (request.language !== undefined) warmClauses(request.language);
  }

  /** The warm socket, a fresh one, HTTP; a fixed phrase by HTTP first. */
  ways({ phrase = false }: UtteranceVoiceOptions): readonly [SpeechWay, ...SpeechWay[]] {
    const { firstAudioMs, retryFirstAudioMs } = this.#options.limits;
    const live = this.#live('pick', firstAudioMs);
    return phrase ? [this.#http(), live] : [live, this.#live('fresh', retryFirstAudioMs), this.#http()];
  }

  close(): void {
    this.#sockets.close();
  }

  #live(choice: 'pick' | 'fresh', firstAudioMs: number): SpeechWay {
    return {
      name: 'elevenlabs socket',
      synthesize: (text$, utterance = {}) =>
        defer(() => {
          const request = speechRequest(this.#options, utterance);
          const url = socketUrl(this.#options, request);
          const { stallMs, finalMs } = this.#options.limits;
          const socket = () => this.#sockets[choice](url);
          return liveSpeech(text$, utterance, {
            clock: this.#clock,
            request,
            firstAudioMs,
            stallMs,
            finalMs,
            socket,
          });
        }),
    };
  }

  #http(): SpeechWay {
    return {
      name: 'elevenlabs http',
      synthesize: (text$, utterance = {}) =>
        defer(() => {
          const request = speechRequest(this.#options, utterance);
          const client = this.#client;
          return httpSpeech(text$, utterance, {
            client,
            clock: this.#clock,
            request,
            settings: this.#options,
          });
        }),
    };
  }
}
