import type { Clock } from '../call/clock.js';
import type { NetworkOptions } from './simulated-network.js';
import type { EchoPath } from './simulated-stream.js';
import type { Transport } from './transport.js';

/** Of a {@link SimulatedCall}: whom it calls, and over what. */
export interface SimulatedCallOptions {
  readonly clock: Clock;
  readonly transport: Transport;
  /** Between Twilio and the server; without delay when left out. */
  readonly network?: NetworkOptions;
  /** Signs webhooks and handshakes; unsigned when left out. */
  readonly authToken?: string;
  /** By default a caller who has not called before. */
  readonly from?: string;
  readonly to?: string;
  readonly callSid?: string;
  /** `inbound` by default. */
  readonly direction?: 'inbound' | 'outbound-api';
  readonly accountSid?: string;
  /** `customParameters` of `connectStream`; with TwiML its `<Parameter>`s count. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Lets the caller's microphone hear the agent. */
  readonly echo?: EchoPath;
  /** Timestamp of a stream's first media message, ms. */
  readonly firstTimestampMs?: number;
  /** Turns what was heard (mu-law, 8 kHz) into words, for {@link SimulatedCall.heardWords}: `ScriptedVoice.heard`, say. */
  readonly heardWords?: (heard: Uint8Array) => string;
  /** Is told when the call has ended, as a number's status callback is. */
  readonly statusUrl?: string;
}
