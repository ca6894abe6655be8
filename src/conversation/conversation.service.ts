import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../call/clock.js';
import { PlainCallVoice } from '../tts/call-voice.js';
import { TtsService } from '../tts/tts.service.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { Conversation } from './conversation.js';
import type { ConversationLine } from './conversation-line.js';
import type { VoiceAgent } from './voice-agent.js';

/** Opens a conversation for each call; keeps nothing about any of them. */
@Injectable()
export class ConversationService {
  constructor(
    @Inject(TtsService) private readonly tts: Pick<TtsService, 'speak'> & Partial<TtsService>,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
  ) {}

  open(agent: VoiceAgent, line: ConversationLine): Conversation {
    const voice = this.tts.open?.(line.call) ?? new PlainCallVoice(this.tts);
    return new Conversation(line, agent, voice, this.clock, this.options.conversation);
  }
}
