import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { filter, firstValueFrom } from 'rxjs';
import { CLOCK, type Clock } from '../call/clock.js';
import { closingMs } from '../call/drain.options.js';
import { STREAM_ACCEPTOR, type StreamAcceptor, type StreamEndReason } from '../call/stream.js';
import { within } from '../call/within.js';
import { Sharing } from '../sharing/sharing.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { CallOutcomes } from './call-outcomes.js';
import { SharedKeys } from './callbacks/shared-keys.js';
import { MediaStream, type MediaStreamContext, type StreamRefusal } from './media-stream.js';
import { PendingSockets } from './pending-sockets.js';
import type { StreamFault } from './stream-counters.js';
import type { StreamSocket } from './stream-socket.js';
import { StreamTokens } from './stream-token.js';

/** A stream is known to be over for so long, ms: Twilio tells of its end within seconds. */
const KEPT_MS = 600_000;
const KEPT = 10_000;

/** The media streams of this process, from the socket's opening to its close. */
@Injectable()
export class OpenStreams {
  /** Sockets that were closed for want of a valid `start`, by reason. */
  readonly refusals: ReadonlyMap<StreamRefusal, number>;
  private readonly refused = new Map<StreamRefusal, number>();
  private readonly logger = new Logger('TwilioVoice');
  private readonly context: MediaStreamContext;
  private readonly sockets = new Set<MediaStream>();
  private readonly started = new Set<MediaStream>();
  private readonly waiting = new PendingSockets();
  private readonly leave = new WeakMap<MediaStream, () => void>();
  private readonly told = new Set<StreamFault>();
  private readonly over: SharedKeys;
  private draining = false;
  private drainedOnce: Promise<void> | undefined;

  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    @Inject(CLOCK) clock: Clock,
    @Inject(STREAM_ACCEPTOR) acceptor: StreamAcceptor,
    private readonly tokens: StreamTokens,
    private readonly outcomes: CallOutcomes,
    @Optional() sharing: Sharing = new Sharing(),
  ) {
    this.refusals = this.refused;
    this.over = new SharedKeys(sharing, clock, 'stream-over', KEPT_MS, KEPT);
    this.context = {
      clock,
      acceptor,
      tokens,
      outcomes,
      startTimeoutMs: options.limits.startTimeoutMs,
      admit: (stream) => this.admit(stream),
      isGoingOn: (callSid) => [...this.started].some((one) => one.callSid === callSid && one.isAlive),
      ended: (stream, reason) => {
        this.started.delete(stream);
        if (reason !== 'socket-closed' && stream.streamSid !== undefined)
          void this.over.add(stream.streamSid);
      },
      refused: (why) => {
        this.refuse(why);
      },
      isNews: (fault) => this.told.size < this.told.add(fault).size,
    };
  }

  /** Streams that have started and not ended. */
  get size(): number {
    return this.started.size;
  }

  /** Sockets without a valid `start`, also those that we have closed and the far end has not. */
  get pending(): number {
    return this.waiting.size;
  }

  /** Whether another call would find no stream: sockets that are only pending count for {@link hasRoom}. */
  get isFull(): boolean {
    return this.started.size >= this.options.limits.maxStreams;
  }

  /** Whether the application is shutting down: no call is taken any more. */
  get isDraining(): boolean {
    return this.draining;
  }

  /** Whether another socket may be taken. */
  get hasRoom(): boolean {
    return !this.isDraining && this.pending < this.options.limits.maxPendingSockets && !this.isFull;
  }

  /** Whether another socket of that address may be pending. */
  hasRoomFor(address: string | undefined): boolean {
    return this.waiting.of(address) < this.options.limits.maxPendingPerAddress;
  }

  /** Takes a socket; its listeners are attached when this returns. */
  open(socket: StreamSocket, address?: string): MediaStream {
    const stream = new MediaStream(socket, this.context);
    const leave = this.waiting.add(address);
    this.sockets.add(stream);
    this.leave.set(stream, leave);
    socket.on('close', leave);
    void stream.closed.then(() => this.sockets.delete(stream));
    return stream;
  }

  /** Whether a stream ended, on any instance, in a way that both sides know: not by a connection that broke. */
  isOver(streamSid: string): boolean | Promise<boolean> {
    return this.over.has(streamSid);
  }

  /** Whether a stream has started here and not ended. */
  isOpen(streamSid: string): boolean {
    return [...this.started].some((stream) => stream.streamSid === streamSid);
  }

  /** Ends a stream and closes its socket; false if neither that nor its call is here. */
  endStream(streamSid: string, reason: StreamEndReason): boolean {
    const isHere = this.endAll((stream) => stream.streamSid === streamSid, reason);
    return isHere || this.context.acceptor.streamOver?.(streamSid, reason) === true;
  }

  /** Ends a call that is over, and its stream, and lets no other one begin; false if there is no stream here. */
  endCall(callSid: string): boolean {
    this.tokens.revoke(callSid);
    const hadStream = this.endAll((stream) => stream.callSid === callSid, 'stop');
    this.context.acceptor.over?.(callSid);
    return hadStream;
  }

  /**
   * Takes no more sockets and no more calls. Once the calls in progress are over, within their grace period, closes
   * what is left with 1001, and waits for that, at most the close's grace.
   */
  drain(): Promise<void> {
    this.draining = true;
    return (this.drainedOnce ??= this.drained());
  }

  private async drained(): Promise<void> {
    const { acceptor, clock } = this.context;
    const { graceMs } = this.options.drain;
    const until = clock.now() + graceMs;
    if (acceptor.drain !== undefined) {
      const closing = new Set([...this.sockets].map(({ callSid }) => callSid));
      const before = new Set(this.outcomes.pending.filter((callSid) => !closing.has(callSid)));
      await acceptor.drain();
      const leftMs = Math.min(closingMs(graceMs), until - clock.now());
      if (leftMs > 0) await Promise.all([this.asked(before, leftMs), this.handedOver(leftMs)]);
    }
    const streams = [...this.sockets];
    for (const stream of streams) stream.finish('closed-by-us', 1001, 'going away');
    await Promise.all(streams.map((stream) => stream.closed));
  }

  /** Waits until Twilio has asked what comes after the streams that were closed: soon nobody will answer. */
  private async asked(before: ReadonlySet<string>, ms: number): Promise<void> {
    const areAnswered = () => this.outcomes.pending.every((callSid) => before.has(callSid));
    if (areAnswered()) return;
    const answered = firstValueFrom(this.outcomes.asked$.pipe(filter(areAnswered)));
    await within(answered, ms, this.context.clock, () => undefined);
  }

  /** Waits until Twilio has ended the streams of transferred calls: if we did, it might not connect them any more. */
  private async handedOver(ms: number): Promise<void> {
    if (this.started.size === 0) return;
    const closed = Promise.all([...this.started].map((stream) => stream.closed));
    await within(
      closed.then(() => undefined),
      ms,
      this.context.clock,
      () => undefined,
    );
  }

  private admit(stream: MediaStream): boolean {
    if (this.isFull || this.isDraining) return false;
    this.started.add(stream);
    this.leave.get(stream)?.();
    return true;
  }

  /** A flood must not fill the log. */
  private refuse(why: StreamRefusal): void {
    const count = (this.refused.get(why) ?? 0) + 1;
    this.refused.set(why, count);
    if (count === 1) this.logger.warn(`A media stream was refused, ${why}; more are only counted`);
  }

  private endAll(matches: (stream: MediaStream) => boolean, reason: StreamEndReason): boolean {
    const streams = [...this.started].filter(matches);
    for (const stream of streams) stream.finish(reason);
    return streams.length > 0;
  }
}
