import { type SimulatedCall, twilioSignature } from '../../../src/testing/index.js';
import { AUTH_TOKEN, type BesiegedHost, PUBLIC_URL } from './besieged-host.js';
import type { HeaderLines } from './wire.js';

/** Something a stranger does to a host while a call goes on. */
export interface Attack {
  /** Follows "refuses". */
  readonly name: string;
  /** What is to come of it: an HTTP status, or the code a socket is closed with. */
  readonly refused: unknown;
  readonly attack: (host: BesiegedHost, victim: SimulatedCall) => Promise<unknown>;
}

export type Form = Readonly<Record<string, string>>;

/** A call that nobody makes. */
export const NOBODYS_CALL = `CA${'5e'.repeat(16)}`;

/** Fields of a webhook about that call. */
export const about = (
  { callSid, accountSid, from, to }: Pick<SimulatedCall, 'callSid' | 'accountSid' | 'from' | 'to'>,
  more: Form = {},
): Form => ({
  AccountSid: accountSid,
  ApiVersion: '2010-04-01',
  CallSid: callSid,
  CallStatus: 'in-progress',
  Direction: 'inbound',
  From: from,
  To: to,
  ...more,
});

/** The header with Twilio's signature of that webhook. */
export const signed = (
  path: string,
  form: Form = {},
  token = AUTH_TOKEN,
  origin = PUBLIC_URL,
): HeaderLines => [['X-Twilio-Signature', twilioSignature(token, origin + path, form)]];

export const INCOMING = '/voice/incoming';
export const STATUS = '/voice/status';
