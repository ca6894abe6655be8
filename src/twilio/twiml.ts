import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Optional } from '@nestjs/common';
import VoiceResponse from 'twilio/lib/twiml/VoiceResponse.js';
import { CallScopes } from '../call/call-scopes.js';
import type { ResolvedTransferTarget } from '../call/handover.options.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { PublicUrls, streamUrl } from './public-urls.js';
import { AGAIN_QUERY, SecondAttempt } from './second-attempt.js';
import { ORIGIN_PARAMETER, StreamTokens, TOKEN_PARAMETER } from './stream-token.js';

/** Name and value of a `<Parameter>` together must stay below this many characters. */
const PARAMETER_LIMIT = 500;

/** Signed by Twilio, or by us: nothing may stand in for them. */
const RESERVED = new Set([TOKEN_PARAMETER, ORIGIN_PARAMETER, 'from', 'to', 'direction']);
/** Begins the target of a transfer that is a queue. */
const QUEUE = 'queue:';
/** A `<Say>` takes that many characters. */
const SAY_LIMIT = 4_096;

/** The fields of a voice webhook that the stream's parameters repeat. */
export interface IncomingCall {
  readonly CallSid: string;
  readonly From?: string;
  readonly To?: string;
  readonly Direction?: string;
}

interface Connection {
  readonly token: string;
  /** What a second attempt takes; undefined: there is none. */
  readonly again?: string | undefined;
  readonly origin?: string | undefined;
}

/** Writes the TwiML of a voice call. */
@Injectable()
export class VoiceTwiml {
  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    private readonly tokens: StreamTokens,
    private readonly urls: PublicUrls,
    @Optional() @Inject(CallScopes) private readonly scopes?: Pick<CallScopes, 'origin'>,
    @Optional() private readonly second?: SecondAttempt,
  ) {}

  /**
   * Connects the call to a media stream; what is to happen after the stream is asked for when it is over.
   * @param parameters handed to the call beside its `from`, `to` and `direction`
   * @throws Error if a parameter's name and value have 500 characters or more, or its name is reserved or `_origin`
   */
  connect(call: IncomingCall, parameters: Readonly<Record<string, string>> = {}): string {
    const token = this.tokens.mint(call.CallSid);
    const again = this.second?.seal(call.CallSid, token, checkedParameters(parameters));
    return this.#connect(new VoiceResponse(), call, parameters, {
      token,
      again,
      origin: this.scopes?.origin,
    });
  }

  /** As {@link connect}, for a call whose first stream nobody took; there is no third attempt. */
  connectAgain(call: IncomingCall, parameters: Readonly<Record<string, string>>): string {
    const token = this.tokens.mint(call.CallSid);
    return this.#connect(new VoiceResponse(), call, parameters, { token, origin: this.scopes?.origin });
  }

  /** Connects the caller with somebody else; how that ended is asked for when it is over. */
  transfer({ to, callerId, ringSeconds }: ResolvedTransferTarget): string {
    const response = new VoiceResponse();
    const then = { action: this.urls.webhook('transferred'), method: 'POST' };
    if (to.startsWith(QUEUE)) {
      response.enqueue(then, to.slice(QUEUE.length));
      return response.toString();
    }
    const dial = response.dial({
      ...then,
      timeout: ringSeconds,
      ...(callerId === undefined ? {} : { callerId }),
    });
    if (to.startsWith('+')) dial.number(to);
    else dial.sip(to);
    return response.toString();
  }

  /**
   * Presses keys, then connects the same call to a new media stream.
   * @param parameters of the call, as its first stream had them
   */
  pressKeys(callSid: string, keys: string, parameters: Readonly<Record<string, string>> = {}): string {
    const response = new VoiceResponse();
    response.play({ digits: keys });
    const token = this.tokens.mint(callSid, true);
    return this.#connect(response, { CallSid: callSid }, parameters, { token });
  }

  #connect(
    response: VoiceResponse,
    call: IncomingCall,
    parameters: Readonly<Record<string, string>>,
    { token, again, origin }: Connection,
  ): string {
    const stream = response.connect().stream({
      url: streamUrl(this.options),
      name: `voice-${randomUUID()}`,
      statusCallback: this.urls.webhook('stream-status'),
    });
    const all = {
      ...partiesOf(call),
      ...parameters,
      ...(origin === undefined ? {} : { [ORIGIN_PARAMETER]: origin }),
      [TOKEN_PARAMETER]: token,
    };
    for (const [name, value] of Object.entries(all))
      stream.parameter({ name: inXml(name), value: inXml(value) });
    const next = new URL(this.urls.webhook('continue'));
    if (again !== undefined) next.searchParams.set(AGAIN_QUERY, again);
    response.redirect({ method: 'POST' }, next.toString());
    return response.toString();
  }

  /**
   * Does not pick up: the caller hears the busy signal, and Twilio does not charge. Where somebody has picked up already,
   * it says that the call has to end.
   * @param status the webhook's `CallStatus`
   */
  busy({ Direction }: IncomingCall, status = 'ringing'): string {
    if (status === 'in-progress' || Direction?.startsWith('outbound') === true) return this.limitReached();
    const response = new VoiceResponse();
    response.reject({ reason: 'busy' });
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
    return this.lastWord(this.options.conversation.closing);
  }

  /** Says that a limit was reached, then ends the call. */
  limitReached(): string {
    return this.lastWord(this.options.conversation.limitReached);
  }

  /** Says goodbye as the application shuts down, then ends the call. */
  goodbye(): string {
    const { goodbye } = this.options.drain;
    return goodbye === '' ? this.hangUp() : this.lastWord(goodbye);
  }

  /** Says that nobody took the call, then ends it. */
  transferFailed(): string {
    return this.lastWord(this.options.conversation.transferFailed);
  }

  /** Says something, then ends the call; what is longer than Twilio takes is cut. */
  lastWord(text: string): string {
    const response = new VoiceResponse();
    response.say(inXml(text.slice(0, SAY_LIMIT)));
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

/** XML cannot hold control characters, not even escaped, nor half a character. */
const inXml = (text: string): string => text.replace(/(?:[^\P{Cc}\t\n\r]|[\p{Cs}\uFFFE\uFFFF])+/gu, ' ');

/** @throws Error if a name and its value have 500 characters or more, or the name is reserved */
export function checkedParameters(
  parameters: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(parameters)) {
    if (RESERVED.has(name)) throw new Error(`The stream parameter ${name} is reserved.`);
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
