import type { Clock } from '../call/clock.js';
import type { StreamVerb } from './stream-verb.js';
import type { SimulatedNetwork } from './simulated-network.js';
import type { HttpAnswer, Transport } from './transport.js';
import type { TwimlDocument } from './twiml-runner.js';
import { twilioSignature } from './twilio-signature.js';

export type StreamEvent = 'stream-started' | 'stream-stopped' | 'stream-error';

export interface TwilioRequestsOptions {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly network: SimulatedNetwork;
  readonly authToken: string | undefined;
  readonly callSid: string;
  readonly accountSid: string;
  readonly from: string;
  readonly to: string;
  readonly direction: string;
  readonly onError: (problem: string) => void;
}

/** The HTTP requests Twilio makes for one call. */
export class TwilioRequests {
  readonly #options: TwilioRequestsOptions;

  constructor(options: TwilioRequestsOptions) {
    this.#options = options;
  }

  /** Headers of a media stream's handshake, as far as Twilio and not the WebSocket library sets them. */
  handshakeHeaders(url: string): Record<string, string> {
    return { 'user-agent': 'Twilio.TmeWs/1.0', ...this.#signature(url) };
  }

  /** Asks a webhook for TwiML; undefined, and reported, when there is none. */
  async twiml(url: string, callStatus: string): Promise<TwimlDocument | undefined> {
    const answer = await this.#post(url, this.#callForm(callStatus));
    if (answer === undefined) return undefined;
    const { status, contentType, body } = answer;
    if (status < 300 && (contentType === undefined || contentType.includes('xml'))) return { url, body };
    this.#options.onError(
      status < 300 ? `12300 ${url} sent ${contentType ?? ''}` : `11200 ${url} answered ${status}`,
    );
    return undefined;
  }

  /** Tells the status callback of a stream, if it has one. */
  streamEvent(event: StreamEvent, verb: StreamVerb, streamSid: string, error = ''): void {
    if (verb.statusCallback === undefined) return;
    void this.#post(verb.statusCallback, {
      AccountSid: this.#options.accountSid,
      CallSid: this.#options.callSid,
      StreamSid: streamSid,
      StreamName: verb.name ?? streamSid,
      StreamEvent: event,
      ...(error === '' ? {} : { StreamError: error }),
      Timestamp: new Date(this.#options.clock.epoch()).toISOString().replace('Z', '000000Z'),
    });
  }

  /** Tells a number's status callback that the call is over. */
  completed(url: string, durationMs: number): void {
    const seconds = Math.ceil(durationMs / 1000);
    void this.#post(url, {
      ...this.#callForm('completed'),
      CallDuration: String(seconds),
      Duration: String(Math.ceil(seconds / 60)),
      CallbackSource: 'call-progress-events',
      SequenceNumber: '0',
      Timestamp: new Date(this.#options.clock.epoch()).toUTCString().replace('GMT', '+0000'),
    });
  }

  async #post(url: string, form: Readonly<Record<string, string>>): Promise<HttpAnswer | undefined> {
    const { transport, network, onError } = this.#options;
    const headers = { 'user-agent': 'TwilioProxy/1.1', ...this.#signature(url, form) };
    try {
      return await network.exchange(() => transport.post(url, form, headers));
    } catch (error) {
      onError(`11200 ${url}: ${String(error)}`);
      return undefined;
    }
  }

  #signature(url: string, form: Readonly<Record<string, string>> = {}): Record<string, string> {
    const { authToken } = this.#options;
    return authToken === undefined ? {} : { 'x-twilio-signature': twilioSignature(authToken, url, form) };
  }

  #callForm(status: string): Record<string, string> {
    const {
      callSid: CallSid,
      accountSid: AccountSid,
      from: From,
      to: To,
      direction: Direction,
    } = this.#options;
    const parties = { From, Caller: From, To, Called: To };
    return {
      CallSid,
      AccountSid,
      ...parties,
      Direction,
      CallStatus: status,
      ApiVersion: '2010-04-01',
    };
  }
}
