import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit, Optional } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { orWhenAway, Sharing } from '../../sharing/sharing.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../../twilio-voice.options.js';
import { aboutCall, CallLog } from '../call-log.js';
import { CallRegistry } from '../call-registry.js';
import { CLOCK, type Clock } from '../clock.js';
import { talkMs } from '../drain.options.js';
import { kindOfError } from '../kind-of-error.js';
import type { MediaSink, StreamAcceptor, StreamEndReason, StreamReceiver, StreamStart } from '../stream.js';
import { within } from '../within.js';
import { CallSide } from './call-side.js';
import { relayEvent, relayMessage, type RelayMessage } from './relay-messages.js';
import { SocketSide } from './socket-side.js';

/** An instance that has not answered by then is not waited for any longer, ms. */
const ANSWER_MS = 1_000;

/** A stream at this instance whose call is at another one. */
interface HandedOn {
  readonly callSid: string;
  readonly side: SocketSide;
  readonly owner: string;
  readonly answered: (isTaken: boolean) => void;
}

/**
 * A call whose keys were pressed comes back by a new stream, and that by way of the load balancer to any instance: there
 * it is handed on, message by message, to the instance that has the conversation.
 */
@Injectable()
export class StreamRelay implements StreamAcceptor, OnModuleInit, OnApplicationShutdown {
  private readonly callLog = new CallLog();
  private readonly handedOn = new Map<string, HandedOn>();
  private readonly taken = new Map<string, CallSide>();
  private listening: Subscription | undefined;

  constructor(
    @Inject(CallRegistry)
    private readonly registry: Pick<CallRegistry, 'accept' | 'over' | 'drain' | 'drainCall' | 'isAwaited'>,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: Pick<ResolvedTwilioVoiceOptions, 'drain'>,
    @Optional() private readonly sharing: Sharing = new Sharing(),
  ) {}

  /** Streams that are handed on by this instance or to it. */
  get size(): number {
    return this.handedOn.size + this.taken.size;
  }

  onModuleInit(): void {
    this.listening = this.sharing.told$.subscribe((event) => {
      const message = relayMessage(event);
      if (message !== undefined) this.guarded(message);
    });
  }

  onApplicationShutdown(): void {
    this.listening?.unsubscribe();
  }

  accept(start: StreamStart, sink: MediaSink): StreamReceiver {
    const isOurs = start.follows !== true || this.registry.isAwaited(start.callSid);
    if (this.sharing.shared === undefined || isOurs) return this.registry.accept(start, sink);
    const { callSid, streamSid } = start;
    const side = new SocketSide(
      sink,
      (message) => {
        this.tell(this.handedOn.get(streamSid)?.owner, { ...message, callSid, streamSid });
      },
      () => this.handedOn.delete(streamSid),
    );
    const settled = this.handOn(start, side).then((isTaken) => {
      if (isTaken) side.goThere();
      else if (!side.isOver) side.stayHere(this.registry.accept(start, sink));
    });
    settled.catch((error: unknown) => {
      this.complain(callSid, error);
      side.fail();
    });
    return side;
  }

  over(callSid: string): void {
    this.registry.over(callSid);
  }

  streamOver(streamSid: string, reason: StreamEndReason): boolean {
    const side = this.taken.get(streamSid);
    side?.finish(reason);
    return side !== undefined;
  }

  /** The calls of the streams that are handed on end as if they were here. */
  async drain(): Promise<void> {
    const handedOn = [...this.handedOn];
    for (const [streamSid, { owner, callSid }] of handedOn)
      this.tell(owner, { kind: 'drain', callSid, streamSid });
    const over = Promise.all(handedOn.map(([, { side }]) => side.over));
    const cut = () => {
      for (const [, { side }] of handedOn) side.close('drained');
    };
    const talk = within(
      over.then(() => undefined),
      talkMs(this.options.drain.graceMs),
      this.clock,
      cut,
    );
    await Promise.all([this.registry.drain(), talk]);
  }

  /** @returns whether another instance takes the stream */
  private async handOn({ callSid, streamSid, ...start }: StreamStart, side: SocketSide): Promise<boolean> {
    const { shared } = this.sharing;
    const entry = await orWhenAway(async () => shared?.directory.find(callSid), undefined);
    if (shared === undefined || entry === undefined || entry.instance === shared.directory.instance)
      return false;
    const { instance: from } = shared.directory;
    const answer = new Promise<boolean>((answered) => {
      this.handedOn.set(streamSid, { callSid, side, owner: entry.instance, answered });
    });
    this.tell(entry.instance, { kind: 'start', callSid, streamSid, start, from });
    const isTaken = await within(answer, ANSWER_MS, this.clock, () => false);
    if (!isTaken) this.handedOn.delete(streamSid);
    return isTaken;
  }

  /** A fault of one call must not harm the others, which come the same way. */
  private guarded(message: RelayMessage): void {
    try {
      this.received(message);
    } catch (error) {
      this.complain(message.callSid, error);
      this.taken.get(message.streamSid)?.close('failed');
    }
  }

  private complain(callSid: string, error: unknown): void {
    this.callLog.error(aboutCall({ callSid }), `its next stream failed: ${kindOfError(error)}`);
  }

  private received(message: RelayMessage): void {
    const { streamSid } = message;
    switch (message.kind) {
      case 'start':
        this.offered(message);
        break;
      case 'drain':
        if (this.taken.has(streamSid)) this.registry.drainCall(message.callSid);
        break;
      case 'audio':
      case 'echo':
      case 'digit':
      case 'ended':
        this.taken.get(streamSid)?.told(message);
        break;
      case 'taken':
      case 'refused':
        this.handedOn.get(streamSid)?.answered(message.kind === 'taken');
        break;
      default:
        this.handedOn.get(streamSid)?.side.obey(message);
    }
  }

  private offered({ callSid, streamSid, start, from }: RelayMessage & { kind: 'start' }): void {
    if (!this.registry.isAwaited(callSid)) {
      this.tell(from, { kind: 'refused', callSid, streamSid });
      return;
    }
    this.tell(from, { kind: 'taken', callSid, streamSid });
    const side = new CallSide(
      this.clock,
      (message) => {
        this.tell(from, { ...message, callSid, streamSid });
      },
      () => this.taken.delete(streamSid),
    );
    this.taken.set(streamSid, side);
    side.attach(this.registry.accept({ ...start, callSid, streamSid }, side));
  }

  private tell(instance: string | undefined, message: RelayMessage): void {
    if (instance === undefined) return;
    void this.sharing.tellInstance(instance, relayEvent(message)).then((isTold) => {
      if (!isTold) this.lost(message.streamSid);
    });
  }

  /** The other instance is gone, or cannot be reached. */
  private lost(streamSid: string): void {
    this.taken.get(streamSid)?.lost();
    const handedOn = this.handedOn.get(streamSid);
    if (handedOn?.side.isSettled === true) handedOn.side.fail();
    else handedOn?.answered(false);
  }
}
