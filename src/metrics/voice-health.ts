import { Inject, Injectable } from '@nestjs/common';
import { ALONE, SHARING_STATUS, type SharingStatus } from '../sharing/sharing-status.js';
import { OpenStreams } from '../twilio/open-streams.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';

/** Whether another call would be answered; what an indicator of `@nestjs/terminus` returns under its key. */
export interface VoiceHealthStatus {
  readonly status: 'up' | 'down';
  /** Why it is down. */
  readonly reason?: 'draining' | 'sharing' | 'full';
  readonly streams: number;
  readonly maxStreams: number;
  /** Whether what the instances share can be reached; not of one process that shares with nobody. */
  readonly sharing?: 'up' | 'down';
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
    @Inject(SHARING_STATUS) private readonly sharing: Pick<SharingStatus, 'isUp' | 'acceptsCalls'>,
  ) {}

  get status(): VoiceHealthStatus {
    const { maxStreams } = this.options.limits;
    const { reason, sharing } = this;
    const told: Pick<VoiceHealthStatus, 'streams' | 'maxStreams' | 'sharing'> = {
      streams: this.streams.size,
      maxStreams,
      ...(sharing === ALONE ? {} : { sharing: sharing.isUp ? 'up' : 'down' }),
    };
    return reason === undefined ? { status: 'up', ...told } : { status: 'down', reason, ...told };
  }

  private get reason(): VoiceHealthStatus['reason'] {
    if (this.streams.isDraining) return 'draining';
    if (!this.sharing.acceptsCalls) return 'sharing';
    return this.streams.isFull ? 'full' : undefined;
  }

  /** A health indicator of `@nestjs/terminus`: `health.check([() => voice.check()])`. */
  check<Key extends string = 'voice'>(key = 'voice' as Key): Record<Key, VoiceHealthStatus> {
    return { [key]: this.status } as Record<Key, VoiceHealthStatus>;
  }
}
