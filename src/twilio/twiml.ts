import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import VoiceResponse from 'twilio/lib/twiml/VoiceResponse.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { streamUrl, webhookUrl } from './public-urls.js';
import { StreamTokens, TOKEN_PARAMETER } from './stream-token.js';

/** Name and value of a `<Parameter>` together must stay below this many characters. */
const PARAMETER_LIMIT = 500;

/** The fields of a voice webhook that the stream's parameters repeat. */
export interface IncomingCall {
  readonly CallSid: string;
  readonly From?: string;
  readonly To?: string;
  readonly Direction?: string;
}

/** Writes the TwiML of a voice call. */
@Injectable()
export class VoiceTwiml {
  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    private readonly tokens: StreamTokens,
  ) {}

  /**
   * Connects the call to a media stream; what is to happen after the stream is asked for when it is over.
   * @param parameters handed to the call beside its `from`, `to` and `direction`
   * @throws Error if a parameter's name and value have 500 characters or more, or it is named `_token`
   */
  connect(call: IncomingCall, parameters: Readonly<Record<string, string>> = {}): string {
    const response = new VoiceResponse();
    const stream = response.connect().stream({
      url: streamUrl(this.options),
      name: `voice-${randomUUID()}`,
      statusCallback: webhookUrl(this.options, 'stream-status'),
    });
    const all = {
      ...partiesOf(call),
      ...checked(parameters),
      [TOKEN_PARAMETER]: this.tokens.mint(call.CallSid),
    };
    for (const [name, value] of Object.entries(all)) stream.parameter({ name, value });
    response.redirect({ method: 'POST' }, webhookUrl(this.options, 'continue'));
    return response.toString();
  }

  /** Ends the call. */
  hangUp(): string {
    const response = new VoiceResponse();
    response.hangup();
    return response.toString();
  }

  /** Apologises, then ends the call. */
  apologise(): string {
    const response = new VoiceResponse();
    response.say(this.options.conversation.closing);
    response.hangup();
    return response.toString();
  }
}

/** A party too long for a parameter is the caller's doing and must not cost the call: it is left out. */
function partiesOf({ From, To, Direction }: IncomingCall): Record<string, string> {
  const parties = Object.entries({ from: From, to: To, direction: Direction });
  return Object.fromEntries(
    parties.filter((entry): entry is [string, string] => entry[1] !== undefined && fits(entry[0], entry[1])),
  );
}

function checked(parameters: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(parameters)) {
    if (name === TOKEN_PARAMETER) throw new Error(`The stream parameter ${name} is reserved.`);
    if (!fits(name, value))
      throw new Error(
        `The stream parameter ${name} is too long: name and value must have fewer than ${PARAMETER_LIMIT} characters, not ${name.length + value.length}.`,
      );
  }
  return parameters;
}

function fits(name: string, value: string): boolean {
  return name.length + value.length < PARAMETER_LIMIT;
}
