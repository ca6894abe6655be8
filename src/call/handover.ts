import { filter, firstValueFrom, type Observable, Subject } from 'rxjs';
import { Alarm } from './alarm.js';
import type { CallControl } from './call-control.js';
import type { Clock } from './clock.js';
import {
  checkedDigits,
  checkedTarget,
  type ResolvedTransferTarget,
  type TransferTarget,
} from './handover.options.js';
import { InterruptedError } from './interrupted-error.js';
import { within } from './within.js';

/** A stream that does not follow within that time after the keys have been pressed will not come, ms. */
const RETURN_MS = 15_000;
/** The caller hears nothing until the network answers: at most so long, ms. */
const NETWORK_MS = 10_000;
/** `w`, `W`, and a tone with its gap take at most so long, ms. */
const MS_PER_KEY = 1_000;

/** What a handover needs of its call. */
export interface HandoverParts {
  readonly callSid: string;
  /** Go with it to its next stream. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly control: CallControl;
  /** Targets by name. */
  readonly targets: Readonly<Record<string, ResolvedTransferTarget>>;
  /** Resolves when nothing is being said. */
  readonly quiet: () => Promise<void>;
  /** Whether the caller speaks, from now on. */
  readonly speaking$: Observable<boolean>;
  /** Keeps the agent silent, or lets it go on. */
  readonly hold: (held: boolean) => void;
  /** The network has taken the call: it is no longer ours. */
  readonly left: () => void;
  /** The stream did not come back. */
  readonly lost: () => void;
}

/**
 * Takes a call out of its media stream: for good, or until a new stream of the same call follows. What is being said is
 * heard first, and a caller who speaks meanwhile keeps the call.
 */
export class Handover {
  readonly #parts: HandoverParts;
  readonly #returned = new Subject<boolean>();
  readonly #backstop: Alarm;
  /** `leaving` and `away`: the network may end the stream before it has answered that it will. */
  #state: 'here' | 'waiting' | 'leaving' | 'away' | 'over' = 'here';
  #isStreamOver = false;

  constructor(parts: HandoverParts) {
    this.#parts = parts;
    this.#backstop = new Alarm(parts.clock);
  }

  /** Whether a new stream of the call is to follow. */
  get isAway(): boolean {
    return this.#state === 'away';
  }

  /** The stream is over. @returns whether the call goes on without it */
  survives(): boolean {
    this.#isStreamOver = this.#state === 'away' || this.#state === 'leaving';
    return this.#isStreamOver;
  }

  /** @throws (rejects) Error; InterruptedError when the caller spoke first */
  async transfer(to: string | TransferTarget): Promise<void> {
    const { control, callSid } = this.#parts;
    const target = typeof to === 'string' ? this.#named(to) : checkedTarget(to);
    await this.#whenQuiet('leaving', async () => {
      if ((await control.transfer?.(callSid, target)) !== true)
        throw new Error('transfer: the telephone network is not configured (accountSid, authToken).');
    });
    if (this.#isOver()) return;
    this.#state = 'over';
    this.#parts.left();
  }

  /** @throws (rejects) as {@link transfer} */
  async sendDigits(keys: string): Promise<void> {
    const { control, callSid, parameters } = this.#parts;
    checkedDigits(keys);
    await this.#whenQuiet('away', async () => {
      if ((await control.sendDigits?.(callSid, keys, parameters)) !== true)
        throw new Error('sendDigits: the telephone network is not configured (accountSid, authToken).');
    });
    if (this.#state === 'away') {
      this.#backstop.set(RETURN_MS + keys.length * MS_PER_KEY, () => {
        this.#returned.next(false);
        this.#parts.lost();
      });
      if (!(await firstValueFrom(this.#returned, { defaultValue: false })))
        throw new Error('sendDigits: the call did not come back.');
    }
  }

  /** A new stream of the call has started. */
  returned(): void {
    if (this.#state !== 'away') return;
    this.#state = 'here';
    this.#isStreamOver = false;
    this.#backstop.stop();
    this.#parts.hold(false);
    this.#returned.next(true);
  }

  /** The call is over. */
  close(): void {
    this.#state = 'over';
    this.#backstop.stop();
    this.#returned.complete();
  }

  #named(name: string): ResolvedTransferTarget {
    const { targets } = this.#parts;
    const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
    if (target !== undefined) return target;
    throw new Error(
      `transfer: there is no target of that name in the option transfers (${Object.keys(targets).join(', ')}).`,
    );
  }

  /** From the last word that is heard to the network's answer the agent says nothing. */
  async #whenQuiet(next: 'leaving' | 'away', ask: () => Promise<void>): Promise<void> {
    if (this.#state === 'over') throw new Error('The call is over.');
    if (this.#state !== 'here') throw new Error('The call is being handed over already.');
    this.#state = 'waiting';
    try {
      await this.#quiet();
      this.#state = next;
      this.#parts.hold(true);
      await within(ask(), NETWORK_MS, this.#parts.clock, () => {
        throw new Error('The telephone network did not answer in time.');
      });
    } catch (error) {
      this.#stays();
      throw error;
    }
  }

  /** It came to nothing: the call goes on, if it still can. */
  #stays(): void {
    if (this.#isOver()) return;
    this.#state = 'here';
    this.#parts.hold(false);
    if (this.#isStreamOver) this.#parts.lost();
  }

  async #quiet(): Promise<void> {
    const { quiet, speaking$ } = this.#parts;
    let interrupted = false as boolean; // by a callback
    const subscription = speaking$.pipe(filter((speaking) => speaking)).subscribe(() => {
      interrupted = true;
    });
    try {
      await Promise.resolve(); // an answer that ends with this has yet to be completed
      await quiet();
    } finally {
      subscription.unsubscribe();
    }
    if (interrupted) throw new InterruptedError('Not done: the caller interrupted first.');
    if (this.#isOver()) throw new Error('The call is over.');
  }

  /** While something was awaited. */
  #isOver(): boolean {
    return this.#state === 'over';
  }
}
