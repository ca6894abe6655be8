import { type Observable, ReplaySubject, Subject, Subscription } from 'rxjs';
import { Alarm } from '../alarm.js';
import type { Clock } from '../clock.js';
import type { CollectedKeys, KeysToCollect, SensitiveKeys } from './sensitive.js';

const DEFAULTS = { finishOn: '#', most: 32, timeoutMs: 10_000 };
/** More keys than anybody presses: what a stretch keeps is bounded. */
const MOST_KEPT = 256;

/** The keys of one sensitive stretch, kept until they are collected. */
export class PressedKeys implements SensitiveKeys {
  readonly #clock: Clock;
  readonly #all = new ReplaySubject<string>(MOST_KEPT);
  readonly #pressed = new Subject<void>();
  #waiting: string[] = [];
  #over = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get digits$(): Observable<string> {
    return this.#all.asObservable();
  }

  /** The caller pressed a key. */
  press(digit: string): void {
    this.#all.next(digit);
    this.#waiting.push(digit);
    if (this.#waiting.length > MOST_KEPT) this.#waiting.shift();
    this.#pressed.next();
  }

  /** There will be no more. */
  close(): void {
    this.#over = true;
    this.#all.complete();
    this.#pressed.complete();
    this.#waiting = [];
  }

  collect(what: KeysToCollect = {}): Promise<CollectedKeys> {
    const { finishOn, most, timeoutMs } = { ...DEFAULTS, ...what };
    const wrong = problemWith(finishOn, most, timeoutMs);
    if (wrong !== undefined) return Promise.reject(new RangeError(`sensitive: ${wrong}`));
    if (this.#over) return Promise.resolve({ digits: '', ended: 'closed' });
    return new Promise((resolve) => {
      const idle = new Alarm(this.#clock);
      const subscription = new Subscription();
      let digits = '';
      const end = (ended: CollectedKeys['ended']) => {
        idle.stop();
        subscription.unsubscribe();
        resolve({ digits, ended });
      };
      const take = () => {
        for (let key = this.#waiting.shift(); key !== undefined; key = this.#waiting.shift()) {
          if (key !== finishOn) digits += key;
          if (key !== finishOn && digits.length < most) continue;
          end('finished');
          return;
        }
        idle.set(timeoutMs, () => {
          end('timeout');
        });
      };
      const closed = () => {
        end('closed');
      };
      subscription.add(this.#pressed.subscribe({ next: take, complete: closed }));
      take();
    });
  }
}

function problemWith(finishOn: string, most: number, timeoutMs: number): string | undefined {
  if (!/^[0-9*#A-D]?$/.test(finishOn)) return 'finishOn must be one key (0-9, *, #, A-D), or empty';
  if (!Number.isInteger(most) || most < 1 || most > MOST_KEPT) return `most must be 1 to ${MOST_KEPT}`;
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31)) return 'timeoutMs must be positive';
  return undefined;
}
