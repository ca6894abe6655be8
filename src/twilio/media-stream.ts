import type { LogSubject } from '../call/call-log.js';
import type { CancelTimer, Clock } from '../call/clock.js';
import type {
  MediaSink,
  StreamAcceptor,
  StreamEndReason,
  StreamReceiver,
  StreamStart,
} from '../call/stream.js';
import type { CallOutcome, CallOutcomes } from './call-outcomes.js';
import { MessageEncoder } from './encoder.js';
import { parseMessage, type ParsedMessage, type StartMessage } from './messages.js';
import { StreamCounters, type StreamFault } from './stream-counters.js';
import { CLOSED, CLOSE_GRACE_MS, OPEN, type StreamSocket } from './stream-socket.js';
import { ORIGIN_PARAMETER, type Redemption, TOKEN_PARAMETER, type StreamTokens } from './stream-token.js';

/** Sequence numbers Twilio may pass over: 20 s of frames. */
const LONGEST_LEAP = 1_000;
/** Twilio sends audio every 20 ms, in silence as well: a stream without any for so long is none any more, ms. */
const DEAD_AFTER_MS = 2_000;
/** Messages before `start`; Twilio sends one. */
const LONGEST_PRELUDE = 10;
/** Messages that are kept until it is known whether a `start` is valid: 10 s of frames. */
const MOST_HELD = 500;

/** Why a socket was closed before it became a stream. */
export type StreamRefusal = 'no start' | 'too much before the start' | `token ${Exclude<Redemption, 'ok'>}`;

/** What a stream needs from the server it belongs to. */
export interface MediaStreamContext {
  readonly clock: Clock;
  /** From the socket's opening to `start`, ms. */
  readonly startTimeoutMs: number;
  readonly acceptor: StreamAcceptor;
  readonly tokens: StreamTokens;
  readonly outcomes: CallOutcomes;
  /** A start was valid: takes the stream in; false if there are too many. */
  admit(stream: MediaStream): boolean;
  /** Whether a stream of that call is alive. */
  isGoingOn(callSid: string): boolean;
  /** The stream is over; called once. */
  ended(stream: MediaStream, reason: StreamEndReason): void;
  /** The socket is closed before it became a stream. */
  refused(why: StreamRefusal): void;
  /** Whether that is the first such fault of a socket without a `start`: of strangers there may be many. */
  isNews(fault: StreamFault): boolean;
}

/** What our own TwiML told. */
type StreamTold = Pick<StreamStart, 'parameters' | 'origin' | 'follows'>;
type InStreamMessage = Extract<ParsedMessage, { streamSid: string }>;

/** One media stream on one socket: `pending` until a valid `start`, then `started`, then `ended`. */
export class MediaStream implements MediaSink {
  /** Resolves when the socket has closed. */
  readonly closed: Promise<void>;
  readonly #context: MediaStreamContext;
  readonly #socket: StreamSocket;
  readonly #counters = new StreamCounters();
  #state: 'pending' | 'started' | 'ended' = 'pending';
  #start: StartMessage | undefined;
  /** What has come since a `start` that is being checked. */
  #held: InStreamMessage[] | undefined;
  #encoder = new MessageEncoder('');
  #prelude = 0;
  #heardAtMs = 0;
  #receiver: StreamReceiver | undefined;
  #endReason: StreamEndReason = 'socket-closed';
  #lastSequenceNumber = 0;
  #cancelTimer: CancelTimer;

  constructor(socket: StreamSocket, context: MediaStreamContext) {
    this.#socket = socket;
    this.#context = context;
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#cancelTimer();
        this.#end('socket-closed');
        resolve();
      });
    });
    socket.on('message', (data, isBinary) => {
      this.#guarded(() => {
        this.#message(data, isBinary);
      });
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#count('socketErrors', error.code ?? error.name);
      this.finish('socket-closed'); // it is of no use any more, and its close may be long in coming
    });
    this.#cancelTimer = context.clock.after(context.startTimeoutMs, () => {
      this.#refuse('no start');
    });
  }

  get state(): 'pending' | 'started' | 'ended' {
    return this.#state;
  }

  get streamSid(): string | undefined {
    return this.#start?.streamSid;
  }

  get callSid(): string | undefined {
    return this.#start?.callSid;
  }

  /** Whether Twilio has said something on it of late. */
  get isAlive(): boolean {
    return this.#state === 'started' && this.#context.clock.now() - this.#heardAtMs < DEAD_AFTER_MS;
  }

  /** Faults so far, by kind. */
  get counters(): Readonly<Record<StreamFault, number>> {
    return this.#counters.counts;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  media(audio: Uint8Array): void {
    this.#send(() => this.#encoder.media(audio));
  }

  mark(name: string): void {
    this.#send(() => this.#encoder.mark(name));
  }

  clear(): void {
    this.#send(() => this.#encoder.clear());
  }

  close(outcome?: CallOutcome): void {
    if (this.#state === 'ended') return;
    this.#finishAs(outcome, 1000, '');
  }

  /** Ends the stream and closes its socket, and drops it if the far end does not follow. */
  finish(reason: StreamEndReason, code = 1000, text = ''): void {
    this.#end(reason);
    this.#shut(code, text);
  }

  #message(data: unknown, isBinary: boolean): void {
    this.#heardAtMs = this.#context.clock.now();
    if (this.#state === 'ended') {
      this.#count('afterEnd');
      return;
    }
    if (this.#hasTooMuch()) {
      this.#refuse('too much before the start');
      return;
    }
    if (isBinary || !(Buffer.isBuffer(data) || typeof data === 'string')) {
      this.#count('binary');
      return;
    }
    const message = parseMessage(data);
    if ('rejected' in message) this.#count('malformed', message.rejected);
    else if (message.event === 'unknown') this.#count('unknown');
    else if (message.event !== 'connected') this.#take(message);
  }

  #hasTooMuch(): boolean {
    if (this.#state !== 'pending') return false;
    return this.#held === undefined ? ++this.#prelude > LONGEST_PRELUDE : this.#held.length >= MOST_HELD;
  }

  #take(message: InStreamMessage): void {
    if (message.event === 'start') this.#starting(message);
    else if (this.#held !== undefined) this.#held.push(message);
    else if (this.#start === undefined) this.#beforeStart(message);
    else if (message.streamSid !== this.#start.streamSid) this.#count('foreignStream');
    else if (message.event === 'stop') this.#stopped();
    else if (this.#isNext(message.sequenceNumber)) this.#forward(message);
  }

  #beforeStart(message: InStreamMessage): void {
    if (message.event === 'stop') this.#stopped();
    else this.#count('early', message.event);
  }

  #starting(message: StartMessage): void {
    if (this.#start !== undefined || this.#held !== undefined) {
      this.#count('secondStart');
      return;
    }
    const { [TOKEN_PARAMETER]: token, [ORIGIN_PARAMETER]: origin, ...parameters } = message.parameters;
    const isGoingOn = () => this.#context.isGoingOn(message.callSid);
    const redemption = this.#context.tokens.redeem(token, message.callSid, isGoingOn);
    const redeemed = (result: Redemption) => {
      const follows = this.#context.tokens.follows(token ?? '') ? { follows: true } : {};
      this.#redeemed(result, message, {
        parameters,
        ...(origin === undefined ? {} : { origin }),
        ...follows,
      });
    };
    if (typeof redemption === 'string') redeemed(redemption);
    else this.#hold(redemption, message.callSid, redeemed);
  }

  /** Other instances are asked about the token: what comes meanwhile is not lost, and keeps its order. */
  #hold(redemption: Promise<Redemption>, callSid: string, redeemed: (result: Redemption) => void): void {
    this.#held = [];
    const answered = (settle: () => Redemption) => {
      this.#guarded(() => {
        const held = this.#held ?? [];
        this.#held = undefined;
        if (this.#hasEnded()) return;
        redeemed(settle());
        for (const message of held)
          if (this.#hasEnded()) this.#count('afterEnd');
          else this.#take(message);
      });
    };
    redemption.then(
      (result) => {
        if (result === 'ok') this.#checkTaken(callSid);
        answered(() => result);
      },
      (error: unknown) => {
        answered(() => {
          throw error;
        });
      },
    );
  }

  /** A stream that we closed while its token was used up was taken by nobody. */
  #checkTaken(callSid: string): void {
    if (this.#hasEnded() && this.#endReason === 'closed-by-us')
      void this.#context.outcomes.record(callSid, 'not-taken');
  }

  #redeemed(redemption: Redemption, message: StartMessage, told: StreamTold): void {
    if (redemption !== 'ok') {
      this.#refuse(`token ${redemption}`);
      return;
    }
    this.#cancelTimer();
    this.#start = message;
    this.#lastSequenceNumber = message.sequenceNumber;
    if (!this.#context.admit(this)) {
      this.#finishAs('not-taken', 1013, 'too many streams');
      return;
    }
    this.#accepted(message, told);
  }

  #accepted({ streamSid, callSid, accountSid }: StartMessage, told: StreamTold): void {
    this.#state = 'started';
    this.#encoder = new MessageEncoder(streamSid);
    const receiver = this.#context.acceptor.accept({ streamSid, callSid, accountSid, ...told }, this);
    this.#receiver = receiver;
    // The acceptor may have closed the stream before there was a receiver to tell.
    if (this.#hasEnded()) receiver.ended(this.#endReason);
  }

  #forward(message: InStreamMessage): void {
    if (message.event === 'media') this.#receiver?.audio(message.payload, message.timestampMs);
    else if (message.event === 'mark') this.#receiver?.mark(message.name);
    else if (message.event === 'dtmf') this.#receiver?.digit(message.digit);
  }

  /**
   * A socket keeps order, so an older number is a repetition or a fault. One that leaps ahead is taken but not
   * remembered: everything that follows it would look old.
   */
  #isNext(sequenceNumber: number): boolean {
    if (sequenceNumber > this.#lastSequenceNumber + LONGEST_LEAP) {
      this.#count('leap');
      return true;
    }
    if (sequenceNumber > this.#lastSequenceNumber) {
      this.#lastSequenceNumber = sequenceNumber;
      return true;
    }
    this.#count(sequenceNumber === this.#lastSequenceNumber ? 'duplicate' : 'outOfOrder');
    return false;
  }

  /** Twilio closes the socket after `stop`: we do so only if it does not. */
  #stopped(): void {
    this.#end('stop');
    this.#cancelTimer = this.#context.clock.after(CLOSE_GRACE_MS, () => {
      this.#shut(1000, '');
    });
  }

  #refuse(why: StreamRefusal): void {
    this.#context.refused(why);
    this.finish('closed-by-us', 1008, why);
  }

  #end(reason: StreamEndReason): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#held = undefined;
    this.#endReason = reason;
    this.#cancelTimer();
    this.#context.ended(this, reason);
    try {
      this.#receiver?.ended(reason);
    } catch (error) {
      this.#failed(error);
    }
  }

  #shut(code: number, text: string): void {
    this.#cancelTimer();
    if (this.#socket.readyState === CLOSED) return;
    this.#socket.close(code, text);
    this.#cancelTimer = this.#context.clock.after(CLOSE_GRACE_MS, () => {
      this.#socket.terminate();
    });
  }

  /** A fault of the call's must end this stream only, never the process. */
  #guarded(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#failed(error);
      this.#finishAs('failed', 1011, 'internal error');
    }
  }

  /** Closes the socket once any instance can tell Twilio what comes next: then it asks. */
  #finishAs(outcome: CallOutcome | undefined, code: number, text: string): void {
    const { callSid } = this;
    const recorded =
      callSid === undefined || outcome === undefined
        ? undefined
        : this.#context.outcomes.record(callSid, outcome);
    if (recorded === undefined) {
      this.finish('closed-by-us', code, text);
      return;
    }
    this.#end('closed-by-us');
    void recorded.then(() => {
      this.#shut(code, text);
    });
  }

  #failed(error: unknown): void {
    this.#count('receiverErrors', (error as { name?: string } | undefined)?.name ?? 'not an error');
  }

  #send(text: () => string): void {
    if (this.#state === 'started' && this.#socket.readyState === OPEN) this.#socket.send(text());
  }

  #hasEnded(): boolean {
    return this.#state === 'ended';
  }

  #count(fault: StreamFault, detail?: string): void {
    const isTold = this.#start !== undefined || this.#context.isNews(fault);
    this.#counters.count(fault, this.#subject(), detail, isTold);
  }

  #subject(): LogSubject {
    const { callSid, streamSid } = this;
    return { callSid, streamSid, name: `Stream ${streamSid ?? '(not started)'}` };
  }
}
