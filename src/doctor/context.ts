import type { Clock } from '../call/clock.js';
import type { HttpProbe } from './network/http-probe.js';
import type { StreamProbe } from './network/stream-probe.js';
import type { Settings } from './settings.js';

/** The media stream that the host's TwiML asks for. */
export interface OfferedStream {
  readonly url: string;
  /** The `<Parameter>`s, the token among them. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What the checks work with, and what one tells the next. */
export interface DoctorContext {
  readonly settings: Settings;
  /** Path of the host's webhooks, without slashes at its ends. */
  readonly basePath: string;
  /** Address given instead of what DNS says. */
  readonly resolve: string | undefined;
  readonly twilioApi: string | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Asks the host. */
  readonly http: HttpProbe;
  /** Asks vendors. */
  readonly vendors: HttpProbe;
  readonly streams: StreamProbe;
  /** Set by the check of the webhook. */
  stream?: OfferedStream;
}

/** Address of a webhook of the host. */
export const webhookOf = ({ settings, basePath }: DoctorContext, name = 'incoming'): string =>
  `${settings.publicUrl}/${basePath}/${name}`;
