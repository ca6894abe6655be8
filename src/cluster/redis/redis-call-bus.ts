import { Logger } from '@nestjs/common';
import type { Observable, Subscription } from 'rxjs';
import type { Clock } from '../../call/clock.js';
import { InterruptedError } from '../../call/interrupted-error.js';
import {
  type AskOptions,
  type BusEvent,
  BusUnavailableError,
  type CallBus,
  type CallOwner,
  NoSuchCallError,
  RemoteError,
  type TellOptions,
} from '../../sharing/call-bus.js';
import { type AnswerTo, type CallCommand, deadlineOf } from '../../sharing/call-commands.js';
import type { CallDirectory } from '../../sharing/call-directory.js';
import { LocalCallBus } from '../../sharing/local-call-bus.js';
import { type SharingUnavailableError } from '../../sharing/sharing-errors.js';
import { callKey } from '../../sharing/shared-store.js';
import {
  type BroadcastMessage,
  broadcastMessage,
  type CallMessage,
  callMessage,
  failureOf,
  type FailureMessage,
  type ReplyMessage,
  replyMessage,
} from './bus-messages.js';
import { DoneOnce } from './done-once.js';
import { MAX_BACKOFF_MS } from './ioredis.js';
import { PendingAsks } from './pending-asks.js';
import type { RedisConnection } from './redis-connection.js';
import { Script } from './script.js';

/** Between two attempts to answer, ms. */
const REPLY_AGAIN_MS = 50;
/** Something told is not told any later, ms. */
const TELL_MS = 60_000;
/** What was done is remembered until its deadline, though it was answered long before. */
const DONE_PER_PENDING = 10;
/** A stream that is handed on tells 100 times a second, for 2 s each: room for 500 of them. */
const LEAST_TOLD = 100_000;
/** After an outage of Redis the owners of calls are back within that time, ms. */
const RETURN_MS = MAX_BACKOFF_MS + 1_000;

/** The time of the node that has the call: two instances that ask one after the other get it in that order. */
const TIME = new Script(`return redis.call('TIME')`);

interface Served {
  readonly owner: CallOwner;
  /** Ms by the time of Redis. */
  readonly since: Promise<number>;
  readonly stop: () => void;
}

/**
 * The bus of all instances: a channel for each call, and one for the answers to each instance. How many receive a message
 * tells at once when nobody does.
 */
export class RedisCallBus implements CallBus {
  readonly #logger = new Logger('TwilioVoice');
  readonly #connection: RedisConnection;
  readonly #clock: Clock;
  readonly #directory: Pick<CallDirectory, 'find'>;
  readonly #local: LocalCallBus;
  readonly #pending: PendingAsks;
  readonly #executed: DoneOnce<Promise<ReplyMessage>>;
  readonly #told: DoneOnce<true>;
  readonly #served = new Map<string, Served>();
  readonly #changes: Subscription;
  #messages = 0;
  #hasComplained = false;

  constructor(connection: RedisConnection, directory: Pick<CallDirectory, 'find'>, clock: Clock) {
    const { maxPending } = connection.options;
    const now = () => connection.time.now();
    this.#connection = connection;
    this.#clock = clock;
    this.#directory = directory;
    this.#local = new LocalCallBus(clock, maxPending);
    this.#pending = new PendingAsks(clock, maxPending);
    this.#executed = new DoneOnce(now, DONE_PER_PENDING * maxPending);
    this.#told = new DoneOnce(now, Math.max(LEAST_TOLD, DONE_PER_PENDING * maxPending));
    void connection.listen(this.#replies(connection.instance), (text) => {
      this.#replied(text);
    });
    void connection.listen(this.#everybody, (text) => {
      this.#heard(text);
    });
    this.#changes = connection.up$.subscribe((isUp) => {
      if (isUp) this.#announceAll();
      else this.#pending.failAll(() => unavailable('Redis went away before the answer came.', true));
    });
  }

  get broadcast$(): Observable<BusEvent> {
    return this.#local.broadcast$;
  }

  /** Commands whose answer another instance owes. */
  get pending(): number {
    return this.#pending.size;
  }

  serve(callSid: string, owner: CallOwner): () => void {
    const stopLocal = this.#local.serve(callSid, owner);
    const channel = this.#channel(callSid);
    const stop = () => {
      stopLocal();
      if (this.#served.get(callSid) !== served) return;
      this.#served.delete(callSid);
      this.#connection.ignore(channel);
    };
    // Asked at once: who serves first has the earlier time, whoever is the first to be heard.
    const about = this.#connection.time.now();
    const since = this.#timeAt(channel).catch(() => about);
    const served = { owner, since, stop };
    this.#served.set(callSid, served);
    const listening = this.#connection.listen(channel, (text) => {
      this.#received(callSid, text);
    });
    void listening.then(() => {
      void this.#announce(callSid, served);
    });
    return stop;
  }

  async #timeAt(key: string): Promise<number> {
    const [seconds, micros] = (await this.#connection.link.run((client) =>
      TIME.run(client, [key], []),
    )) as string[];
    return Number(seconds) * 1_000 + Number(micros) / 1_000;
  }

  async ask<C extends CallCommand>(
    callSid: string,
    command: C,
    { deadlineMs = deadlineOf(command) }: AskOptions = {},
  ): Promise<AnswerTo<C>> {
    if (this.#local.serves(callSid)) return this.#local.ask(callSid, command, { deadlineMs });
    this.#checkUp();
    const { instance: from, time } = this.#connection;
    const id = this.#nextId();
    const answer = this.#pending.open(id, deadlineMs);
    void this.#send(callSid, { kind: 'ask', id, from, expires: time.now() + deadlineMs, command }).catch(
      (error: unknown) => {
        this.#pending.fail(id, error as Error);
      },
    );
    try {
      return (await answer) as AnswerTo<C>;
    } catch (error) {
      // It ended while the command was under way.
      throw error instanceof RemoteError && error.name === 'NoSuchCallError'
        ? new NoSuchCallError(callSid)
        : error;
    }
  }

  async tell(callSid: string, event: BusEvent, { lastsMs = TELL_MS }: TellOptions = {}): Promise<boolean> {
    if (this.#local.serves(callSid)) return this.#local.tell(callSid, event);
    this.#checkUp();
    const expires = this.#connection.time.now() + lastsMs;
    try {
      await this.#send(callSid, { kind: 'tell', id: this.#nextId(), expires, event });
      return true;
    } catch (error) {
      if (error instanceof NoSuchCallError) return false;
      throw error;
    }
  }

  async broadcast(event: BusEvent): Promise<void> {
    await this.#local.broadcast(event);
    this.#checkUp();
    const { instance: from, time } = this.#connection;
    const message: BroadcastMessage = { id: this.#nextId(), from, expires: time.now() + TELL_MS, event };
    await this.#publish(this.#everybody, message);
  }

  /** Nobody is waited for any more; calls are served as long as the connection lasts. */
  close(): void {
    this.#changes.unsubscribe();
    this.#pending.failAll(() => unavailable('This instance is shutting down.', true));
  }

  #checkUp(): void {
    if (!this.#connection.isUp)
      throw unavailable('Redis is away: only calls of this instance can be reached.');
  }

  /** @throws (rejects) NoSuchCallError; BusUnavailableError */
  async #send(callSid: string, message: CallMessage): Promise<void> {
    if ((await this.#publish(this.#channel(callSid), message)) > 0) return;
    // Whoever serves it may be about to come back.
    const isKnown =
      this.#connection.backForMs < RETURN_MS ||
      (await this.#reached(this.#directory.find(callSid))) !== undefined;
    throw isKnown
      ? unavailable('The instance of that call cannot be reached now.')
      : new NoSuchCallError(callSid);
  }

  #publish(channel: string, message: object): Promise<number> {
    return this.#reached(this.#connection.publish(channel, JSON.stringify(message)));
  }

  /** @throws (rejects) BusUnavailableError */
  async #reached<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (cause) {
      const { message, mayBeDone } = cause as SharingUnavailableError;
      throw new BusUnavailableError(message, mayBeDone, { cause });
    }
  }

  #received(callSid: string, text: string): void {
    const message = callMessage(text);
    switch (message?.kind) {
      case 'ask':
        this.#asked(callSid, message);
        break;
      case 'tell':
        this.#told.once(message.id, message.expires, () => {
          this.#local.told(callSid, message.event);
          return true;
        });
        break;
      case 'serving':
        void this.#others(callSid, message.from, message.since);
        break;
      default:
        this.#complain();
    }
  }

  #asked(callSid: string, { id, from, expires, command }: CallMessage & { kind: 'ask' }): void {
    if (this.#connection.time.now() >= expires) return; // whoever asked has given up
    const reply = this.#executed.once(id, expires, () => this.#execute(callSid, id, command));
    const refused = { id, failure: failureOf(unavailable('That instance executes too many commands.')) };
    void this.#reply(from, reply ?? Promise.resolve(refused), expires);
  }

  /** The connection for messages may be back before the one for commands: an answer is kept until it can be sent. */
  async #reply(to: string, reply: Promise<ReplyMessage>, expires: number): Promise<void> {
    const message = await reply;
    while (this.#connection.time.now() < expires) {
      try {
        await this.#connection.untilUp();
      } catch {
        return; // closed
      }
      try {
        await this.#publish(this.#replies(to), message);
        return;
      } catch {
        await new Promise<void>((resolve) => this.#clock.after(REPLY_AGAIN_MS, resolve));
      }
    }
  }

  async #execute(callSid: string, id: string, command: CallCommand): Promise<ReplyMessage> {
    try {
      return { id, answer: await this.#local.execute(callSid, command) };
    } catch (error) {
      return { id, failure: failureOf(error) };
    }
  }

  #replied(text: string): void {
    const message = replyMessage(text);
    if (message === undefined) this.#complain();
    else if ('failure' in message) this.#pending.fail(message.id, errorOf(message.failure));
    else this.#pending.settle(message.id, message.answer);
  }

  #heard(text: string): void {
    const message = broadcastMessage(text);
    if (message === undefined) this.#complain();
    else if (message.from !== this.#connection.instance)
      this.#told.once(message.id, message.expires, () => {
        void this.#local.broadcast(message.event);
        return true;
      });
  }

  /** Another instance serves the call as well: the one that began last does. */
  async #others(callSid: string, from: string, since: number): Promise<void> {
    const served = this.#served.get(callSid);
    const { instance } = this.#connection;
    if (served === undefined || from === instance) return;
    const own = await served.since;
    if (this.#served.get(callSid) !== served) return;
    if (!(own < since || (own === since && instance < from))) {
      await this.#announce(callSid, served);
      return;
    }
    served.stop();
    this.#local.displace(callSid, served.owner);
  }

  #announceAll(): void {
    for (const [callSid, served] of this.#served) void this.#announce(callSid, served);
  }

  /** Never rejects: an owner that could not be announced is, at the next recovery. */
  async #announce(callSid: string, served: Served): Promise<void> {
    const message: CallMessage = {
      kind: 'serving',
      from: this.#connection.instance,
      since: await served.since,
    };
    if (this.#served.get(callSid) !== served) return;
    await this.#publish(this.#channel(callSid), message).catch(() => undefined);
  }

  #complain(): void {
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    this.#logger.warn(
      'A message from Redis was not understood: is another version running? More are not logged.',
    );
  }

  #nextId(): string {
    return `${this.#connection.instance}:${++this.#messages}`;
  }

  #channel(callSid: string): string {
    return this.#connection.key(callKey(callSid, 'bus'));
  }

  #replies(instance: string): string {
    return this.#connection.key(`{${instance}}:replies`);
  }

  get #everybody(): string {
    return this.#connection.key('broadcast');
  }
}

const unavailable = (message: string, mayBeDone = false): BusUnavailableError =>
  new BusUnavailableError(message, mayBeDone);

function errorOf({ name, message, code, status, problem }: FailureMessage): Error {
  if (name === 'InterruptedError') return new InterruptedError(message);
  if (name === 'BusUnavailableError') return unavailable(message);
  return new RemoteError(name, message, code, status, problem);
}
