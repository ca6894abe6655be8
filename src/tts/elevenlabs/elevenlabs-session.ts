import { defer } from 'rxjs';
import type { Clock } from '../../call/clock.js';
import { warmClauses } from '../clauses/warm-clauses.js';
import type { SpeechWay, UtteranceVoiceOptions, VoiceOptions, VoiceSession } from '../voice.js';
import type { CallSockets } from './call-sockets.js';
import type { ResolvedElevenLabsOptions } from './elevenlabs.options.js';
import { httpSpeech } from './http-speech.js';
import { liveSpeech } from './live-speech.js';
import type { SpeechClient } from './sdk.js';
import { socketUrl, speechRequest } from './speech-request.js';

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
  check(options: VoiceOptions): void {
    speechRequest(this.#options, options);
  }

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
