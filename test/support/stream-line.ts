import { EventEmitter } from 'node:events';
import type { MediaSink, StreamReceiver, StreamStart } from '../../src/call/stream.js';
import type { CallDirectory } from '../../src/sharing/call-directory.js';
import { Sharing } from '../../src/sharing/sharing.js';
import { ALONE } from '../../src/sharing/sharing-status.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { resolveOptions } from '../../src/twilio-voice.options.js';
import { CallOutcomes } from '../../src/twilio/call-outcomes.js';
import type { MediaStream } from '../../src/twilio/media-stream.js';
import { OpenStreams } from '../../src/twilio/open-streams.js';
import { StreamTokens } from '../../src/twilio/stream-token.js';
import { SharedMemory } from './shared-memory/shared-memory.js';

export const streamSid = 'MZ0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c';
export const callSid = 'CA0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b';
export const accountSid = 'AC0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a';

/** A `ws` socket without a network; its far end closes when told to. */
export class FakeSocket extends EventEmitter {
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  readonly closes: number[] = [];
  terminated = false;

  send(text: string): void {
    if (this.readyState !== 1) throw new Error('not open');
    this.sent.push(text);
  }

  close(code: number): void {
    this.readyState = 2;
    this.closes.push(code);
  }

  terminate(): void {
    this.terminated = true;
    this.closed();
  }

  closed(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.emit('close');
  }

  /** A message arrives. */
  says(message: object | string | Buffer, isBinary = false): void {
    const text = typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message);
    this.emit('message', Buffer.from(text), isBinary);
  }
}

interface Instance {
  readonly tokens: StreamTokens;
  readonly outcomes: CallOutcomes;
  readonly streams: OpenStreams;
}

/** Instances have answered each other by then, ms. */
const SETTLED_MS = 10;

/** The instances of a host and the socket that a call's stream comes on. */
export class Line {
  readonly heard: string[] = [];
  readonly starts: StreamStart[] = [];
  readonly clock = new VirtualClock();
  readonly options = resolveOptions({
    limits: { maxStreams: 2 },
    tokenSecret: 'sixteen characters at least',
  });
  sink: MediaSink | undefined;
  /** Runs as the stream is accepted. */
  onAccept: (sink: MediaSink) => void = () => undefined;
  /** Runs at every call of the receiver. */
  onHear: (what: string) => void = () => undefined;
  socket = new FakeSocket();
  stream: MediaStream;
  private readonly instances: readonly Instance[];
  private at = 0;

  /** @param count of the instances: several share their calls; the first socket comes to the first of them */
  constructor(count = 1) {
    const memory = new SharedMemory(this.clock);
    this.instances = Array.from({ length: count }, () => this.instance(count > 1 ? memory : undefined));
    this.stream = this.streams.open(this.socket);
  }

  /** Of the instance that the socket came to, as the rest. */
  get streams(): OpenStreams {
    return this.instances[this.at]!.streams;
  }

  get outcomes(): CallOutcomes {
    return this.instances[this.at]!.outcomes;
  }

  /** Of the next instance: webhooks come to any. */
  get tokens(): StreamTokens {
    return this.instances[(this.at + 1) % this.instances.length]!.tokens;
  }

  /** Another socket, to the next instance. */
  next(): this {
    this.at = (this.at + 1) % this.instances.length;
    this.socket = new FakeSocket();
    this.stream = this.streams.open(this.socket);
    return this;
  }

  /** Twilio tells this instance that the call is over. */
  endCall(call: string): void {
    const { streams, tokens } = this.instances[this.at]!;
    streams.endCall(call);
    void tokens.revokeEverywhere(call);
  }

  /** What instances have to ask each other is answered. */
  async settled(): Promise<void> {
    if (this.instances.length > 1) await this.clock.advance(SETTLED_MS);
  }

  /** Says `connected` and a valid `start`. */
  start(overrides: { token?: string; call?: string; stream?: string; sequence?: string } = {}): this {
    const { call = callSid, stream = streamSid, sequence = '1' } = overrides;
    const { token = this.tokens.mint(call) } = overrides;
    this.socket.says({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    this.socket.says({
      event: 'start',
      sequenceNumber: sequence,
      streamSid: stream,
      start: {
        accountSid,
        streamSid: stream,
        callSid: call,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: { from: '+15550100', _token: token },
      },
    });
    return this;
  }

  says(event: string, sequenceNumber: number, body: object, stream = streamSid): this {
    this.socket.says({ event, sequenceNumber: String(sequenceNumber), streamSid: stream, [event]: body });
    return this;
  }

  media(sequenceNumber: number, timestamp = 20, stream = streamSid): this {
    const body = { track: 'inbound', chunk: '1', timestamp: String(timestamp), payload: '////' };
    return this.says('media', sequenceNumber, body, stream);
  }

  private instance(memory: SharedMemory | undefined): Instance {
    const { store, directory, bus } = memory?.instance() ?? {};
    const sharing = new Sharing(memory && { ...ALONE }, store, directory, bus);
    const tokens = new StreamTokens(this.options, this.clock, sharing);
    const outcomes = new CallOutcomes(sharing);
    const accept = (start: StreamStart, sink: MediaSink) => this.accept(start, sink, directory);
    const streams = new OpenStreams(this.options, this.clock, { accept }, tokens, outcomes, sharing);
    return { tokens, outcomes, streams };
  }

  private accept(start: StreamStart, sink: MediaSink, directory: CallDirectory | undefined): StreamReceiver {
    void directory?.enter(start.callSid);
    this.starts.push(start);
    this.sink = sink;
    this.onAccept(sink);
    const hear = (what: string) => {
      this.heard.push(what);
      this.onHear(what);
    };
    return {
      audio: (mulaw, timestampMs) => {
        hear(`${mulaw.length}@${timestampMs}`);
      },
      mark: (name) => {
        hear(`mark ${name}`);
      },
      digit: (digit) => {
        hear(`digit ${digit}`);
      },
      ended: (reason) => {
        void directory?.leave(start.callSid);
        hear(`ended ${reason}`);
      },
    };
  }
}
