import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../call/clock.js';
import { STREAM_ACCEPTOR, type StreamAcceptor, type StreamEndReason } from '../call/stream.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { CallOutcomes } from './call-outcomes.js';
import { MediaStream, type MediaStreamContext } from './media-stream.js';
import type { StreamSocket } from './stream-socket.js';
import { StreamTokens } from './stream-token.js';

/** The media streams of this process, from the socket's opening to its close. */
@Injectable()
export class OpenStreams {
  private readonly context: MediaStreamContext;
  private readonly sockets = new Set<MediaStream>();
  private readonly started = new Set<MediaStream>();
  private pendingCount = 0;
  private draining = false;

  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    @Inject(CLOCK) clock: Clock,
    @Inject(STREAM_ACCEPTOR) acceptor: StreamAcceptor,
    tokens: StreamTokens,
    outcomes: CallOutcomes,
  ) {
    this.context = {
      clock,
      acceptor,
      tokens,
      outcomes,
      startTimeoutMs: options.limits.startTimeoutMs,
      admit: (stream) => this.admit(stream),
      ended: (stream) => {
        if (!this.started.delete(stream)) this.pendingCount -= 1;
      },
    };
  }

  /** Streams that have started and not ended. */
  get size(): number {
    return this.started.size;
  }

  /** Sockets without a valid `start`. */
  get pending(): number {
    return this.pendingCount;
  }

  /** Whether another socket may be taken. */
  get hasRoom(): boolean {
    const { maxPendingSockets, maxStreams } = this.options.limits;
    return !this.draining && this.pendingCount < maxPendingSockets && this.started.size < maxStreams;
  }

  /** Takes a socket; its listeners are attached when this returns. */
  open(socket: StreamSocket): MediaStream {
    const stream = new MediaStream(socket, this.context);
    this.sockets.add(stream);
    this.pendingCount += 1;
    void stream.closed.then(() => this.sockets.delete(stream));
    return stream;
  }

  /** Ends a stream and closes its socket; false if it is not open here. */
  endStream(streamSid: string, reason: StreamEndReason): boolean {
    return this.endAll((stream) => stream.streamSid === streamSid, reason);
  }

  /** Ends the stream of a call that is over; false if there is none here. */
  endCall(callSid: string): boolean {
    return this.endAll((stream) => stream.callSid === callSid, 'stop');
  }

  /** Takes no more sockets, closes the open ones with 1001, and waits for that, at most the close's grace. */
  async drain(): Promise<void> {
    this.draining = true;
    const streams = [...this.sockets];
    for (const stream of streams) stream.finish('closed-by-us', 1001, 'going away');
    await Promise.all(streams.map((stream) => stream.closed));
  }

  private admit(stream: MediaStream): boolean {
    if (this.started.size >= this.options.limits.maxStreams) return false;
    this.started.add(stream);
    this.pendingCount -= 1;
    return true;
  }

  private endAll(matches: (stream: MediaStream) => boolean, reason: StreamEndReason): boolean {
    const streams = [...this.started].filter(matches);
    for (const stream of streams) stream.finish(reason);
    return streams.length > 0;
  }
}
