/** Who talks to whom on a stream. */
export interface StreamIdentity {
  readonly streamSid: string;
  readonly callSid: string;
  readonly accountSid: string;
}

/**
 * The messages Twilio sends on one stream, as JSON text: one sequence counter over start, media, dtmf, mark and stop,
 * every number of a sequence, chunk or time a decimal string.
 */
export class InboundMessages {
  readonly #identity: StreamIdentity;
  readonly #firstTimestampMs: number;
  #sequence = 0;
  #chunk = 0;

  /** @param firstTimestampMs timestamp of the first media message, ms; Twilio does not begin at 0 */
  constructor(identity: StreamIdentity, firstTimestampMs: number) {
    this.#identity = identity;
    this.#firstTimestampMs = firstTimestampMs;
  }

  connected(): string {
    return JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' });
  }

  start(customParameters: Readonly<Record<string, string>>): string {
    const { streamSid, callSid, accountSid } = this.#identity;
    const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
    const start = { accountSid, streamSid, callSid, tracks: ['inbound'], mediaFormat, customParameters };
    return this.#message('start', { start });
  }

  /** @param elapsedMs ms from the first sample of the stream to the first of this frame */
  media(audio: Uint8Array, elapsedMs: number): string {
    const timestamp = String(Math.round(this.#firstTimestampMs + elapsedMs));
    const payload = Buffer.from(audio).toString('base64');
    return this.#message('media', {
      media: { track: 'inbound', chunk: String(++this.#chunk), timestamp, payload },
    });
  }

  dtmf(digit: string): string {
    return this.#message('dtmf', { dtmf: { track: 'inbound_track', digit } });
  }

  mark(name: string): string {
    return this.#message('mark', { mark: { name } });
  }

  stop(): string {
    const { accountSid, callSid } = this.#identity;
    return this.#message('stop', { stop: { accountSid, callSid } });
  }

  #message(event: string, body: object): string {
    const sequenceNumber = String(++this.#sequence);
    return JSON.stringify({ event, sequenceNumber, streamSid: this.#identity.streamSid, ...body });
  }
}
