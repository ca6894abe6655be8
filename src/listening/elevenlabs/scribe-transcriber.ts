import { Logger } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { Clock } from '../../call/clock.js';
import type { Transcriber, TranscriberOptions, Transcript } from '../transcriber.js';
import { type ResolvedScribeOptions, resolveScribeOptions, type ScribeOptions } from './scribe.options.js';
import { ScribeSession } from './scribe-session.js';

/** ElevenLabs Scribe, realtime: our voice detection decides when to ask, the service what was said. */
export class ScribeTranscriber implements Transcriber {
  readonly name = 'elevenlabs scribe';
  readonly #options: ResolvedScribeOptions;
  readonly #clock: Clock;
  readonly #logger = new Logger('TwilioVoice');
  #malformed = 0;

  /** @throws Error that names each wrong option */
  constructor(options: ScribeOptions, clock: Clock) {
    this.#options = resolveScribeOptions(options);
    this.#clock = clock;
  }

  /** Messages of the service that could not be read; they were skipped. */
  get malformedMessages(): number {
    return this.#malformed;
  }

  transcribe(audio$: Observable<Uint8Array>, options: TranscriberOptions): Observable<Transcript> {
    return new Observable((subscriber) => {
      const session = new ScribeSession({
        ...this.#options,
        language: options.language ?? this.#options.language,
        clock: this.#clock,
        subscriber,
        malformed: () => {
          if (this.#malformed++ === 0)
            this.#logger.warn(
              'ElevenLabs sent a transcript message that cannot be read: it and others like it are skipped.',
            );
        },
      });
      subscriber.add(() => {
        session.close();
      });
      subscriber.add(
        audio$.subscribe((audio) => {
          session.audio(audio);
        }),
      );
      subscriber.add(
        options.commit$.subscribe(() => {
          session.commit();
        }),
      );
    });
  }
}
