import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { InterruptedError } from '../../call/interrupted-error.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../../twilio-voice.options.js';
import { namesAndDescriptions, UNTIL_HEARD_MS } from './until-heard.js';
import { type ToolContext, type VoiceTool } from './voice-tool.js';

/**
 * Lets the model transfer the call to a target that the option `transfers` names. The model knows the names and never a
 * number; a number it makes up is none of the names.
 */
@Injectable()
export class TransferTool implements VoiceTool<{ to: string }> {
  readonly name: string = 'transfer';
  readonly description: string;
  readonly input: z.ZodType<{ to: string }>;
  readonly endsAnswer = true;
  readonly timeoutMs = UNTIL_HEARD_MS;
  readonly #options: ResolvedTwilioVoiceOptions;

  /** @throws Error when the option `transfers` names nobody */
  constructor(@Inject(TWILIO_VOICE_OPTIONS) options: ResolvedTwilioVoiceOptions) {
    const [first, ...others] = Object.keys(options.transfers);
    if (first === undefined)
      throw new Error('TransferTool: the option transfers of TwilioVoiceModule names nobody to transfer to');
    this.#options = options;
    this.description =
      'Connects the caller with somebody else and ends your part in the call. Say so first, in the same answer. ' +
      `Targets: ${namesAndDescriptions(options.transfers)}`;
    this.input = z.strictObject({ to: z.enum([first, ...others]) });
  }

  async run({ to }: { to: string }, { call }: ToolContext): Promise<string> {
    try {
      await call.transfer(to);
      return 'The caller was transferred.';
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      // Nobody is asked for the next words: without these the caller would wait in silence.
      void call.say(this.#options.conversation.notTransferred).catch(() => undefined);
      throw error;
    }
  }
}
