import { randomBytes, randomInt } from 'node:crypto';
import type { SimulatedCallOptions } from './simulated-call-options.js';
import { SimulatedCaller } from './simulated-caller.js';
import { SimulatedNetwork } from './simulated-network.js';
import { StreamSession, type StreamOutcome } from './stream-session.js';
import type { StreamVerb } from './stream-verb.js';
import { TwilioRequests, type StreamEvent } from './twilio-requests.js';
import { runTwiml, type TwimlDocument, type TwimlEnd, type TwimlHost } from './twiml-runner.js';

/** Why a call ended: by TwiML, by the caller, by the REST API, or, without TwiML, with its stream. */
export type SimulatedCallEnd = TwimlEnd | 'caller' | 'api' | 'stream-over';

const ERRORS: Partial<Record<StreamOutcome, string>> = {
  dropped: '31903 connection broken',
  refused: '31920 handshake failed',
  'stream-error': '31924 protocol error',
};

/** Another caller each time: one who calls again and again is refused. */
const anybody = () => `+1555${String(randomInt(1e7)).padStart(7, '0')}`;
const sid = (prefix: string) => prefix + randomBytes(16).toString('hex');

/** A telephone call through Twilio, with the caller at its other end. */
export class SimulatedCall extends SimulatedCaller {
  readonly callSid: string;
  readonly accountSid: string;
  readonly from: string;
  readonly to: string;
  /** The first stream has started; stays pending if none ever does. */
  readonly connected: Promise<void>;
  /** The call is over. */
  readonly ended: Promise<SimulatedCallEnd>;
  readonly #options: SimulatedCallOptions;
  readonly #network: SimulatedNetwork;
  readonly #requests: TwilioRequests;
  readonly #wakers = new Set<() => void>();
  #settleConnected: () => void = () => undefined;
  #settleEnded: (by: SimulatedCallEnd) => void = () => undefined;
  #endedBy: SimulatedCallEnd | undefined;
  #session: StreamSession | undefined;
  #startedMs = 0;
  #incomingUrl = '';
  /** TwiML of an older run has been replaced. */
  #run = 0;

  constructor(options: SimulatedCallOptions) {
    super(options.clock);
    this.#options = options;
    this.#network = new SimulatedNetwork(options.clock, options.network);
    this.callSid = options.callSid ?? sid('CA');
    this.accountSid = options.accountSid ?? `AC${'a1'.repeat(16)}`;
    this.from = options.from ?? anybody();
    this.to = options.to ?? '+15005550006';
    const { clock, transport, authToken } = options;
    const { callSid, accountSid, from, to } = this;
    const { direction = 'inbound' } = options;
    const onError = (problem: string) => {
      this.record('error', problem);
    };
    const line = { clock, transport, network: this.#network, authToken, onError };
    this.#requests = new TwilioRequests({ ...line, callSid, accountSid, from, to, direction });
    this.connected = new Promise((resolve) => {
      this.#settleConnected = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
  }

  get endedBy(): SimulatedCallEnd | undefined {
    return this.#endedBy;
  }

  /**
   * The words the caller has heard so far, told by the audio at the ear.
   * @throws Error without the option `heardWords`: audio alone is no text
   */
  heardWords(): string {
    const { heardWords } = this.#options;
    if (heardWords === undefined)
      throw new Error(
        'SimulatedCall: heardWords is missing: give the call what turns audio into words, { heardWords: (heard) => voice.heard(heard) } with a ScriptedVoice',
      );
    return heardWords(this.heardBytes());
  }

  /** Calls: posts the webhook to `incomingUrl` and does what its TwiML says, until {@link ended}. */
  dial(incomingUrl: string): void {
    this.#begin(incomingUrl);
    const host = this.#host();
    void this.#requests.twiml(incomingUrl, 'ringing').then(async (document) => {
      if (document !== undefined) await this.#runDocument(document, host);
      else if (!host.over) this.#end('error');
    });
  }

  /** Starts a stream without webhook and TwiML; the call ends with it. */
  connectStream(url: string, parameters = this.#options.parameters ?? {}): void {
    this.#begin(url);
    const verb = { url, name: undefined, statusCallback: undefined, parameters };
    void this.#runStream(verb).then(() => {
      this.#end('stream-over');
    });
  }

  /** The caller hangs up: `stop`, then the socket is closed. */
  hangUp(): void {
    this.#end('caller');
  }

  /** What `calls(sid).update({ status: 'completed' })` does. */
  complete(): void {
    this.#end('api');
  }

  /** What `calls(sid).update({ twiml })` does: Twilio ends the stream and runs this instead. */
  update(twiml: string): void {
    if (this.#endedBy !== undefined) return;
    this.#run++;
    this.#wake();
    const host = this.#host();
    this.#session?.stop();
    void this.#runDocument({ url: this.#incomingUrl, body: twiml }, host);
  }

  /** The connection of the stream breaks: the server sees 1006, Twilio goes on with the next verb. */
  dropSocket(): void {
    this.#session?.drop();
  }

  /**
   * Twilio gives the stream up and says so in the status callback only; the socket stays open, silent, and breaks
   * `socketDiesAfterMs` later (30 to 45 s have been seen on live calls).
   */
  streamError(socketDiesAfterMs = 30_000): void {
    this.#session?.fail(socketDiesAfterMs);
  }

  /** Sends any text frame, or with a Buffer any binary frame. */
  sendRaw(data: string | Buffer): void {
    this.#session?.sendRaw(data);
  }

  /** Nothing the server sends on the stream from now on arrives within `ms`. */
  stallDown(ms: number): void {
    this.#network.down.stall(ms);
  }

  /** Nothing Twilio sends on the stream from now on arrives within `ms`. */
  stallUp(ms: number): void {
    this.#network.up.stall(ms);
  }

  #begin(url: string): void {
    if (this.#startedMs !== 0 || this.#incomingUrl !== '')
      throw new Error('a simulated call can be made once');
    this.#incomingUrl = url;
    this.#startedMs = this.clock.now();
    this.record('incoming', url);
  }

  async #runDocument(document: TwimlDocument, host: TwimlHost): Promise<void> {
    if (host.over) return;
    this.record('twiml', document.body);
    const end = await runTwiml(document, host);
    if (end !== undefined) this.#end(end);
  }

  #host(): TwimlHost {
    const run = this.#run;
    const isOver = () => this.#endedBy !== undefined || run !== this.#run;
    return {
      get over() {
        return isOver();
      },
      onVerb: (verb) => {
        this.record('verb', verb.name);
      },
      onSay: (text) => {
        this.spoken.push(text);
      },
      onError: (code, reason) => {
        this.record('error', `${code} ${reason}`);
      },
      wait: (ms) => this.#wait(ms),
      stream: (verb) => this.#runStream(verb),
      request: async (url) => {
        const document = await this.#requests.twiml(url, 'in-progress');
        if (document !== undefined) this.record('twiml', document.body);
        return document;
      },
    };
  }

  async #runStream(verb: StreamVerb): Promise<void> {
    const { clock, transport, echo, firstTimestampMs } = this.#options;
    const streamSid = sid('MZ');
    const session = new StreamSession({
      clock,
      transport,
      network: this.#network,
      url: verb.url,
      headers: this.#requests.handshakeHeaders(verb.url),
      streamSid,
      callSid: this.callSid,
      accountSid: this.accountSid,
      parameters: verb.parameters,
      echo,
      firstTimestampMs,
      microphone: (fromMs, toMs) => this.track.audio(fromMs, toMs),
      onStart: () => {
        this.#report('stream-started', verb, streamSid);
        this.#settleConnected();
      },
      onClearSent: () => this.clearsSent.push(clock.now()),
      onReceived: ({ event, name, atMs }) => {
        if (event === 'clear') this.clears.push(atMs);
        if (event !== 'media') this.record(event, name);
      },
      onViolation: ({ code, reason }) => {
        this.record('violation', `${code} ${reason}`);
      },
    });
    this.#session = session;
    this.streams.push(session.stream);
    const error = ERRORS[await session.over];
    if (error === undefined) this.#report('stream-stopped', verb, streamSid);
    else this.#report('stream-error', verb, streamSid, error);
  }

  #report(event: StreamEvent, verb: StreamVerb, streamSid: string, error = ''): void {
    this.record(event, error === '' ? streamSid : error);
    this.#requests.streamEvent(event, verb, streamSid, error);
  }

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        cancel();
        this.#wakers.delete(wake);
        resolve();
      };
      const cancel = this.clock.after(ms, wake);
      this.#wakers.add(wake);
    });
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
  }

  #end(by: SimulatedCallEnd): void {
    if (this.#endedBy !== undefined) return;
    this.#endedBy = by;
    this.record('ended', by);
    this.#session?.stop();
    this.#wake();
    this.#settleEnded(by);
    if (this.#options.statusUrl !== undefined)
      this.#requests.completed(this.#options.statusUrl, this.clock.now() - this.#startedMs);
  }
}
