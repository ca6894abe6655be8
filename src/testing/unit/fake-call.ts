import { type Observable, Subject } from 'rxjs';
import { checkedDigits, checkedTarget, type TransferTarget } from '../../call/handover.options.js';
import { PressedKeys } from '../../call/sensitive/pressed-keys.js';
import { NOT_RECORDED, type SensitiveKeys } from '../../call/sensitive/sensitive.js';
import type {
  CallEndReason,
  CallEvent,
  CallReport,
  SpeechOutcome,
  VoiceCall,
} from '../../call/voice-call.js';
import type { History, HistoryEntry } from '../../conversation/history.js';
import type { Reply } from '../../conversation/reply.js';
import type { VoiceOptions } from '../../tts/voice.js';
import { VirtualClock } from '../virtual-clock.js';
import { textOf } from './text-of.js';

/** How long a word is taken to last, ms. */
const MS_PER_WORD = 300;

/** What a {@link FakeCall} starts with; each has a default. */
export interface FakeCallOptions {
  readonly callSid?: string;
  readonly streamSid?: string;
  readonly accountSid?: string;
  /** Added to `from`, `to` and `direction`, which are always there. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** What was said before the test begins. */
  readonly history?: History;
  /** How much of a text the caller hears: the text's beginning, and less than all of it is an interruption. All by default. */
  readonly hears?: (text: string) => string;
  /** What the caller keys in as soon as a `sensitive` task begins: 0-9, *, #, A-D. */
  readonly keys?: string;
  /** Names of the option `transfers`; by default there is a target of every name. */
  readonly transfers?: readonly string[];
  /** What the telephone network refuses `transfer` and `sendDigits` with; both succeed by default. */
  readonly refusal?: Error;
  /** Runs the time limits of `sensitive`, and dates the events. */
  readonly clock?: VirtualClock;
}

/** Something that the agent had said to the caller with `call.say`. */
export interface SaidToCaller {
  readonly text: string;
  readonly voice: VoiceOptions | undefined;
}

/** A call for unit tests of an agent: nobody is called, and whatever the agent does with it is written down. */
export class FakeCall implements VoiceCall {
  readonly callSid: string;
  readonly streamSid: string;
  readonly accountSid: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** None is chosen: a test asks an agent itself. */
  readonly agent = undefined;
  readonly clock: VirtualClock;
  /** What was said with `say`, in order; replies are not among it. */
  readonly said: SaidToCaller[] = [];
  /** What `speakAs` was given, in order. */
  readonly voices: VoiceOptions[] = [];
  /** To whom the caller was connected, in order, refused ones too. */
  readonly transfers: (string | TransferTarget)[] = [];
  /** What `sendDigits` pressed, in order, refused ones too. */
  readonly sentDigits: string[] = [];
  readonly reports: CallReport[] = [];
  /** How often the agent interrupted itself. */
  interruptions = 0;
  /** Why the call is over, when it is. */
  endedBy: CallEndReason | undefined;
  wasSensitive = false;
  readonly #options: FakeCallOptions;
  readonly #history: HistoryEntry[];
  readonly #events = new Subject<CallEvent>();
  readonly #tasks: PressedKeys[] = [];

  constructor(options: FakeCallOptions = {}) {
    this.#options = options;
    this.callSid = options.callSid ?? `CA${'0f'.repeat(16)}`;
    this.streamSid = options.streamSid ?? `MZ${'0f'.repeat(16)}`;
    this.accountSid = options.accountSid ?? `AC${'0f'.repeat(16)}`;
    const caller = { from: '+15005550001', to: '+15005550006', direction: 'inbound' };
    this.parameters = { ...caller, ...options.parameters };
    this.clock = options.clock ?? new VirtualClock();
    this.#history = [...(options.history ?? [])];
  }

  get history(): History {
    return [...this.#history];
  }

  get events$(): Observable<CallEvent> {
    return this.#events.asObservable();
  }

  get isSensitive(): boolean {
    return this.#tasks.length > 0;
  }

  get hungUp(): boolean {
    return this.endedBy === 'hung-up';
  }

  async say(text: Reply, voice?: VoiceOptions): Promise<SpeechOutcome> {
    if (this.endedBy !== undefined) throw new Error('Nothing more can be said: the call is ending.');
    const isWithheld = this.isSensitive;
    const whole = await textOf(() => text);
    this.said.push({ text: whole, voice });
    return this.hear(whole, isWithheld);
  }

  speakAs(voice: VoiceOptions): void {
    this.voices.push(voice);
  }

  interrupt(): void {
    this.interruptions++;
  }

  hangUp(): Promise<void> {
    this.end('hung-up');
    return Promise.resolve();
  }

  async transfer(to: string | TransferTarget): Promise<void> {
    this.transfers.push(to);
    if (typeof to === 'string') this.#checkName(to);
    else checkedTarget(to);
    await this.#handedOver();
    this.end('transferred');
  }

  async sendDigits(keys: string): Promise<void> {
    this.sentDigits.push(keys);
    checkedDigits(keys);
    await this.#handedOver();
  }

  async sensitive<T>(task: (keys: SensitiveKeys) => T | Promise<T>): Promise<T> {
    if (this.endedBy !== undefined) throw new Error('sensitive: the call is over.');
    const keys = new PressedKeys(this.clock);
    this.#tasks.push(keys);
    this.wasSensitive = true;
    this.press(this.#options.keys ?? '');
    try {
      return await task(keys);
    } finally {
      keys.close();
      this.#tasks.splice(this.#tasks.indexOf(keys), 1);
    }
  }

  report(report: CallReport): void {
    this.reports.push(report);
    this.happen(report);
  }

  /** The caller presses keys: a `sensitive` task gets them; without one, each is a `digit` event. 0-9, *, #, A-D. */
  press(keys: string): void {
    for (const digit of keys) {
      const task = this.#tasks.at(-1);
      if (task === undefined) this.happen({ type: 'digit', digit });
      else task.press(digit);
    }
  }

  /** Tells whoever listens to `events$`. */
  happen(event: WithoutTime<CallEvent>): void {
    this.#events.next({ ...event, atMs: this.clock.now() });
  }

  /** Adds to the history, and tells. */
  remember(entry: HistoryEntry): void {
    this.#history.push(entry);
    this.happen({ type: 'history', entry });
  }

  /**
   * The caller hears a text, or the part that `hears` lets through: it becomes the history's next entry.
   * @throws Error when `hears` returned something else than the text's beginning
   */
  hear(text: string, isWithheld = this.isSensitive): SpeechOutcome {
    const heard = this.#options.hears?.(text) ?? text;
    if (!text.startsWith(heard))
      throw new Error(`FakeCall: hears must return the beginning of ${JSON.stringify(text)}`);
    const [heardText, unheardText] = [heard.trim(), text.slice(heard.length).trim()];
    const interrupted = unheardText !== '';
    if (text.trim() !== '')
      this.remember({
        role: 'agent',
        text: told(heardText, isWithheld),
        unheard: told(unheardText, isWithheld),
        interrupted,
      });
    return { ended: interrupted ? 'cut' : 'played', heardText, unheardText, ...timesOf(heardText, text) };
  }

  /** The call is over; later ends count for nothing. */
  end(reason: CallEndReason): void {
    if (this.endedBy !== undefined) return;
    this.endedBy = reason;
    for (const keys of this.#tasks) keys.close();
    this.happen({ type: 'ended', reason });
    this.#events.complete();
  }

  #checkName(name: string): void {
    const { transfers: names } = this.#options;
    if (names?.includes(name) === false)
      throw new Error(
        `transfer: there is no target of that name in the option transfers (${names.join(', ')}).`,
      );
  }

  async #handedOver(): Promise<void> {
    if (this.endedBy !== undefined) throw new Error('The call is over.');
    await Promise.resolve(); // an answer that ends with this has yet to be completed
    const { refusal } = this.#options;
    if (refusal !== undefined) throw refusal;
  }
}

type WithoutTime<Event> = Event extends { atMs: number } ? Omit<Event, 'atMs'> : never;

const told = (text: string, isWithheld: boolean): string => (isWithheld && text !== '' ? NOT_RECORDED : text);

const lengthOf = (text: string): number => (text.match(/\S+/g)?.length ?? 0) * MS_PER_WORD;

function timesOf(heard: string, text: string): Omit<SpeechOutcome, 'ended' | 'heardText' | 'unheardText'> {
  const lengthMs = lengthOf(text);
  return {
    heardMs: lengthOf(heard),
    sentMs: lengthMs,
    synthesizedMs: lengthMs,
    method: 'marks',
    textMethod: 'aligned',
    textErrorMs: 0,
    errorMs: 0,
  };
}
