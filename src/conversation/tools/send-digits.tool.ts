import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { checkedDigits } from '../../call/handover.options.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../../twilio-voice.options.js';
import { namesAndDescriptions, UNTIL_HEARD_MS } from './until-heard.js';
import { type ToolContext, ToolError, type VoiceTool } from './voice-tool.js';

interface Keys {
  readonly sequence?: string | undefined;
  readonly keys?: string | undefined;
}

const KEYS = z.string().describe('1 to 32 of 0-9, A-D, #, *, w (half a second), W (a second)');

function inputOf(sequence: z.ZodType<string> | undefined, isFree: boolean): z.ZodType<Keys> {
  if (sequence === undefined) return z.strictObject({ keys: KEYS });
  if (!isFree) return z.strictObject({ sequence });
  return z.strictObject({ sequence: sequence.optional(), keys: KEYS.optional() });
}

/**
 * Lets the model press keys, in a menu of the other side for example: sequences that the option `digits` names, and with
 * `freeDigits` any.
 */
@Injectable()
export class SendDigitsTool implements VoiceTool<Keys> {
  readonly name: string = 'send_digits';
  readonly description: string;
  readonly input: z.ZodType<Keys>;
  readonly endsAnswer = true;
  readonly timeoutMs = UNTIL_HEARD_MS;
  readonly #options: ResolvedTwilioVoiceOptions;

  /** @throws Error when there is nothing that it might press */
  constructor(@Inject(TWILIO_VOICE_OPTIONS) options: ResolvedTwilioVoiceOptions) {
    const { digits, freeDigits } = options;
    const [first, ...others] = Object.keys(digits);
    if (first === undefined && !freeDigits)
      throw new Error('SendDigitsTool: the option digits of TwilioVoiceModule names no keys to press');
    this.#options = options;
    const named = first === undefined ? '' : ` Sequences: ${namesAndDescriptions(digits)}.`;
    this.description = `Presses telephone keys in this call.${named}`;
    this.input = inputOf(first === undefined ? undefined : z.enum([first, ...others]), freeDigits);
  }

  async run({ sequence, keys }: Keys, { call }: ToolContext): Promise<string> {
    const chosen = sequence === undefined ? keys : this.#options.digits[sequence]?.keys;
    if (chosen === undefined || (sequence !== undefined && keys !== undefined))
      throw new ToolError('Not done: give a sequence or keys, one of them.');
    try {
      checkedDigits(chosen);
    } catch {
      throw new ToolError('Not done: keys must be 1 to 32 of 0-9, A-D, #, *, w and W.');
    }
    await call.sendDigits(chosen);
    return 'The keys were pressed.';
  }
}
