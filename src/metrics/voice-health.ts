import { Inject, Injectable } from '@nestjs/common';
import { OpenStreams } from '../twilio/open-streams.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';

/** Whether another call would be answered; what an indicator of `@nestjs/terminus` returns under its key. */
export interface VoiceHealthStatus {
  readonly status: 'up' | 'down';
  /** Why it is down. */
  readonly reason?: 'draining' | 'full';
  readonly streams: number;
  readonly maxStreams: number;
}

/**
 * Whether this instance takes calls: for readiness, so that others get them. It says nothing about liveness: an
 * instance that drains or is full must not be killed for it.
 */
@Injectable()
export class VoiceHealth {
  constructor(
    @Inject(OpenStreams) private readonly streams: Pick<OpenStreams, 'size' | 'isFull' | 'isDraining'>,
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
  ) {}

  get status(): VoiceHealthStatus {
    const { size, isFull, isDraining } = this.streams;
    const { maxStreams } = this.options.limits;
    const counts = { streams: size, maxStreams };
    if (!isDraining && !isFull) return { status: 'up', ...counts };
    return { status: 'down', reason: isDraining ? 'draining' : 'full', ...counts };
  }

  /** A health indicator of `@nestjs/terminus`: `health.check([() => voice.check()])`. */
  check<Key extends string = 'voice'>(key = 'voice' as Key): Record<Key, VoiceHealthStatus> {
    return { [key]: this.status } as Record<Key, VoiceHealthStatus>;
  }
}
