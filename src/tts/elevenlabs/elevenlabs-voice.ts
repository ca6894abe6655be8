import { Logger } from '@nestjs/common';
import { defer, finalize, type Observable } from 'rxjs';
import type { Clock } from '../../call/clock.js';
import { warmClauses } from '../clauses/warm-clauses.js';
import type { SpeechChunk, UtteranceVoiceOptions, Voice, VoiceSession } from '../voice.js';
import { CallSockets } from './call-sockets.js';
import {
  type ElevenLabsOptions,
  type ResolvedElevenLabsOptions,
  resolveElevenLabsOptions,
} from './elevenlabs.options.js';
import { ElevenLabsSession } from './elevenlabs-session.js';
import { loadClient, type SpeechClient } from './sdk.js';

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
      const session = this.#session();
      const [way] = session.ways(options);
      return way.synthesize(text$, options).pipe(
        finalize(() => {
          session.close();
        }),
      );
    });
  }

  open(): VoiceSession {
    return this.#session();
  }

  #session(): ElevenLabsSession {
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

  /** Nest calls this when the module goes and its calls are over. */
  beforeApplicationShutdown(): Promise<void> {
    return this.#client.close();
  }
}
