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
import { InSequence } from './in-sequence.js';
import { relayEvent, relayMessage, type RelayMessage, type ToCall, type ToSocket } from './relay-messages.js';
import { SocketSide } from './socket-side.js';

/** The directory, and an instance, that has not answered by then is not waited for any longer, ms. */
const ANSWER_MS = 1_000;

/** A stream at this instance whose call is at another one, or looked for. */
interface HandedOn {
  readonly callSid: string;
  readonly side: SocketSide;
  readonly numbers: InSequence;
  /** The instance that is told what comes. */
  owner?: string;
  answered?: (isTaken: boolean) => void;
}

/** A stream at another instance whose call is at this one. */
interface Taken {
  readonly callSid: string;
  readonly side: CallSide;
  readonly numbers: InSequence;
}

/**
 * A call whose keys were pressed comes back by a new stream, and that by way of the load balancer to any instance: there
 * it is handed on, message by message, to the instance that has the conversation.
 */
@Injectable()
export class StreamRelay implements StreamAcceptor, OnModuleInit, OnApplicationShutdown {
  private readonly callLog = new CallLog();
  private readonly handedOn = new Map<string, HandedOn>();
  private readonly taken = new Map<string, Taken>();
  private isDraining = false;
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
      if (message !== undefined)
        this.guarded(message.callSid, () => {
          this.received(message);
        });
    });
  }

  onApplicationShutdown(): void {
    this.listening?.unsubscribe();
  }

  accept(start: StreamStart, sink: MediaSink): StreamReceiver {
    const { callSid, streamSid, follows } = start;
    const isOurs = follows !== true || this.registry.isAwaited(callSid) || this.handedOn.has(streamSid);
    if (this.sharing.shared === undefined || isOurs) return this.registry.accept(start, sink);
    const numbers = new InSequence();
    const tell = (message: ToCall) => {
      this.tell(handedOn.owner, { ...message, callSid, streamSid, seq: numbers.next() });
    };
    const side = new SocketSide(this.clock, sink, tell, () => this.handedOn.delete(streamSid));
    const handedOn: HandedOn = { callSid, side, numbers };
    this.handedOn.set(streamSid, handedOn);
    this.settle(start, sink, handedOn).catch((error: unknown) => {
      this.handedOn.delete(streamSid);
      this.complain(callSid, error);
      this.guarded(callSid, () => {
        side.goNowhere('failed');
      });
    });
    return side;
  }

  over(callSid: string): void {
    this.registry.over(callSid);
  }

  streamOver(streamSid: string, reason: StreamEndReason): boolean {
    const side = this.taken.get(streamSid)?.side;
    side?.finish(reason);
    return side !== undefined;
  }

  /** The calls of the streams that are handed on end as if they were here. */
  async drain(): Promise<void> {
    this.isDraining = true;
    const handedOn = [...this.handedOn];
    for (const [streamSid, one] of handedOn) if (one.side.isSettled) this.tellDrain(streamSid, one);
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

  /** Finds out where the stream goes, and brings it there. */
  private async settle(start: StreamStart, sink: MediaSink, handedOn: HandedOn): Promise<void> {
    const { side } = handedOn;
    const isTaken = await this.handOn(start, handedOn);
    if (isTaken) {
      side.goThere();
      if (this.isDraining && !side.hasEnded) this.tellDrain(start.streamSid, handedOn);
      return;
    }
    this.handedOn.delete(start.streamSid);
    if (side.hasEnded || this.isDraining) side.goNowhere('drained');
    else side.stayHere(this.registry.accept(start, sink));
  }

  /** @returns whether another instance takes the stream */
  private async handOn({ callSid, streamSid, ...start }: StreamStart, handedOn: HandedOn): Promise<boolean> {
    const { shared } = this.sharing;
    if (shared === undefined) return false;
    const found = orWhenAway(() => shared.directory.find(callSid), undefined);
    const entry = await within(found, ANSWER_MS, this.clock, () => undefined);
    const { instance: from } = shared.directory;
    if (entry === undefined || entry.instance === from) return false;
    const answer = new Promise<boolean>((answered) => (handedOn.answered = answered));
    handedOn.owner = entry.instance;
    const seq = handedOn.numbers.next();
    this.tell(entry.instance, { kind: 'start', callSid, streamSid, seq, start, from });
    return within(answer, ANSWER_MS, this.clock, () => false);
  }

  private tellDrain(streamSid: string, { owner, callSid, numbers }: HandedOn): void {
    this.tell(owner, { kind: 'drain', callSid, streamSid, seq: numbers.next() });
  }

  /** A fault of one call must not harm the others, which come the same way. */
  private guarded(callSid: string, task: () => void): void {
    try {
      task();
    } catch (error) {
      this.complain(callSid, error);
    }
  }

  private complain(callSid: string, error: unknown): void {
    this.callLog.error(aboutCall({ callSid }), `its next stream failed: ${kindOfError(error)}`);
  }

  private received(message: RelayMessage): void {
    switch (message.kind) {
      case 'start':
        this.offered(message);
        break;
      case 'drain':
      case 'audio':
      case 'echo':
      case 'digit':
      case 'ended':
        this.toldCall(message);
        break;
      default:
        this.toldSocket(message);
    }
  }

  private toldCall(message: RelayMessage & ToCall): void {
    const taken = this.taken.get(message.streamSid);
    if (taken?.callSid !== message.callSid) return;
    const place = taken.numbers.heard(message.seq);
    if (place === 'gap') taken.side.lost();
    if (place !== 'next') return;
    try {
      if (message.kind === 'drain') this.registry.drainCall(message.callSid);
      else taken.side.told(message);
    } catch (error) {
      this.complain(message.callSid, error);
      taken.side.close('failed');
    }
  }

  private toldSocket(message: RelayMessage & ToSocket): void {
    const handedOn = this.handedOn.get(message.streamSid);
    if (handedOn?.callSid !== message.callSid) return;
    const place = handedOn.numbers.heard(message.seq);
    if (place === 'gap') handedOn.side.close('failed');
    if (place !== 'next') return;
    if (message.kind === 'taken' || message.kind === 'refused') handedOn.answered?.(message.kind === 'taken');
    else handedOn.side.obey(message);
  }

  private offered({ callSid, streamSid, seq, start, from }: RelayMessage & { kind: 'start' }): void {
    if (this.taken.has(streamSid)) return; // it is said twice
    const numbers = new InSequence();
    const tell = (message: ToSocket) => {
      this.tell(from, { ...message, callSid, streamSid, seq: numbers.next() });
    };
    if (!this.registry.isAwaited(callSid)) {
      tell({ kind: 'refused' });
      return;
    }
    numbers.heard(seq);
    tell({ kind: 'taken' });
    const side = new CallSide({
      clock: this.clock,
      tell,
      over: () => this.taken.delete(streamSid),
      failed: (error) => {
        this.complain(callSid, error);
      },
    });
    this.taken.set(streamSid, { callSid, side, numbers });
    try {
      side.attach(this.registry.accept({ ...start, callSid, streamSid }, side));
    } catch (error) {
      this.complain(callSid, error);
      side.close('failed');
    }
  }

  private tell(instance: string | undefined, message: RelayMessage): void {
    if (instance === undefined) return;
    const { callSid, streamSid } = message;
    const lost = () => {
      this.guarded(callSid, () => {
        this.lost(streamSid);
      });
    };
    this.sharing.tellInstance(instance, relayEvent(message)).then(
      (isTold) => {
        if (!isTold) lost();
      },
      (error: unknown) => {
        this.complain(callSid, error);
        lost();
      },
    );
  }

  /** The other instance is gone, or cannot be reached. */
  private lost(streamSid: string): void {
    this.taken.get(streamSid)?.side.lost();
    const handedOn = this.handedOn.get(streamSid);
    if (handedOn?.side.isSettled === true) handedOn.side.close('failed');
    else handedOn?.answered?.(false);
  }
}
