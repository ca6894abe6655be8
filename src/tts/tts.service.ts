import { Inject, Injectable, Optional, type OnApplicationBootstrap } from '@nestjs/common';
import { defer, finalize, type Observable } from 'rxjs';
import { amidCall, CallLog } from '../call/call-log.js';
import { CLOCK, type Clock } from '../call/clock.js';
import { forLog, REDACTOR, type Redactor, StandardRedactor } from '../call/redactor.js';
import type { VoiceCall } from '../call/voice-call.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { type CallVoice, LadderVoice } from './call-voice.js';
import { Phrases } from './phrases.js';
import {
  FALLBACK_VOICE,
  SpeechFailedError,
  VOICE,
  type SpeechChunk,
  type UtteranceVoiceOptions,
  type Voice,
} from './voice.js';

/** Text in, audio out: the seam for tests and for other voices. A mock needs `speak` only. */
@Injectable()
export class TtsService implements OnApplicationBootstrap {
  private readonly logger = new CallLog();
  private readonly phrases: Phrases;
  /** Lasting failures that were told. */
  private readonly told = new Set<string>();

  constructor(
    @Inject(VOICE) private readonly voice: Voice,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    @Optional() @Inject(FALLBACK_VOICE) private readonly fallback?: Voice,
    @Optional() @Inject(REDACTOR) private readonly redactor: Redactor = new StandardRedactor(),
  ) {
    const { filler, sorry, closing } = options.conversation;
    const speaker = fallback && {
      name: fallback.name,
      synthesize: fallback.synthesize.bind(fallback),
    };
    this.phrases = new Phrases([filler, sorry, closing], speaker);
  }

  /** Phrases for a failure are made while all is well. */
  onApplicationBootstrap(): void {
    if (this.voice.open === undefined) return;
    const session = this.voice.open();
    const [way] = session.ways({ phrase: true });
    if (way === undefined) return;
    const failed = (error: unknown) => {
      this.noPhrases(error, undefined);
    };
    const closed = this.phrases.prepare(way, {}, failed).finally(() => {
      session.close();
    });
    closed.catch(() => undefined); // the phrases are made; what a close throws is told with a call
  }

  /**
   * Speaks the text as it is written, on its own connection. Cold; unsubscribing cancels the synthesis. Chunks of a
   * voice without alignment carry the text that was written before them, so that heard text can be estimated.
   */
  speak(text$: Observable<string>, options?: UtteranceVoiceOptions): Observable<SpeechChunk> {
    return defer(() => {
      const voice = this.open();
      return voice.speak(text$, options).pipe(
        finalize(() => {
          voice.close();
        }),
      );
    });
  }

  /**
   * A voice for the length of a call: its connections stay open.
   * @param call whose name its complaints are logged in
   */
  open(call?: Pick<VoiceCall, 'callSid' | 'streamSid'>): CallVoice {
    const { filler, fillerAfterMs } = this.options.conversation;
    return new LadderVoice({
      voice: this.voice,
      fallback: this.fallback,
      clock: this.clock,
      phrases: this.phrases,
      filler: { text: filler, afterMs: fillerAfterMs },
      noPhrases: (error) => {
        this.noPhrases(error, call);
      },
      fell: (rung, error, next) => {
        if (next !== undefined) this.tell(rung.name, error, `${next.name} takes over.`, call);
      },
    });
  }

  private noPhrases(error: unknown, call: Parameters<TtsService['open']>[0]): void {
    const standIn = this.fallback?.name ?? 'a tone';
    this.tell(this.voice.name, error, `For now ${standIn} stands in for its phrases.`, call);
  }

  /** What cannot mend itself is told once. Others' messages may hold what was said: they are not told. */
  private tell(
    name: string,
    error: unknown,
    consequence: string,
    call: Parameters<TtsService['open']>[0],
  ): void {
    const subject = amidCall(call ?? {});
    if (!(error instanceof SpeechFailedError)) {
      const kind = forLog(this.redactor, error instanceof Error ? error.name : typeof error);
      this.logger.warn(subject, `${name}: ${kind}. ${consequence}`);
      return;
    }
    const message = forLog(this.redactor, error.message);
    if (!error.lasting) this.logger.warn(subject, `${name}: ${message} ${consequence}`);
    else if (!this.told.has(error.message)) {
      this.told.add(error.message);
      this.logger.error(subject, `${message} ${consequence}`);
    }
  }
}
