import { Observable, type Subscriber } from 'rxjs';
import { Alarm } from '../../call/alarm.js';
import type { Clock } from '../../call/clock.js';
import { within } from '../../call/within.js';
import type { Turn } from '../voice-agent.js';
import { argumentsKey, Consent } from './consent.js';
import { callableName, type CheckedCall, checkedCall, type RequestedCall } from './requested-call.js';
import type { ToolMemory, ToolRound } from './tool-memory.js';
import { TOLD } from './tool-result.js';
import { ToolRun } from './tool-run.js';
import type { ToolUseOptions } from './tool-use.options.js';
import type { Toolbox } from './toolbox.js';
import type { VoiceTool } from './voice-tool.js';

/** Calls of one round; a model that wants more is told so. */
const MOST_CALLS = 8;
/** Time to check an input, or a caller's consent, ms. */
const LOOK_MS = 5_000;
const FILLER_AFTER_MS = 700;
/** About how long a written character takes to say: a filler is not needed while words are still being heard, ms. */
const MS_PER_CHARACTER = 65;

export interface TurnToolsParts {
  readonly toolbox: Toolbox;
  readonly memory: ToolMemory;
  readonly clock: Clock;
  readonly options: ToolUseOptions;
  readonly threw: (tool: string, error: unknown) => void;
}

/** A call that was looked at: refused, to be asked about first, or to be done. */
interface Prepared {
  readonly exchange: ToolRound[number];
  readonly run?: { readonly tool: VoiceTool; readonly input: unknown };
  /** The question. */
  readonly ask?: string;
}

/** The tools in one answer of an agent. */
export class TurnTools {
  readonly #parts: TurnToolsParts;
  readonly #turn: Turn;
  readonly #consent: Consent;
  readonly #confirmed: Promise<void>;
  readonly #rounds: ToolRound[] = [];
  #fillerSaid = false;
  #over = false;

  constructor(parts: TurnToolsParts, turn: Turn) {
    const { memory, options } = parts;
    this.#parts = parts;
    this.#turn = turn;
    const question = memory.pending;
    this.#consent = new Consent(question, options.affirms);
    const used = () => {
      if (memory.pending === question) memory.pending = undefined; // good for this turn only, whatever comes of it
    };
    if (turn.confirmed === undefined) used();
    this.#confirmed = turn.confirmed?.then(used) ?? Promise.resolve();
  }

  /** What was called in this turn, in order. */
  get rounds(): readonly ToolRound[] {
    return this.#rounds;
  }

  /** Whether the model may call tools once more. */
  get mayCall(): boolean {
    return this.#rounds.length < this.#parts.options.rounds;
  }

  /** The answer ends here: the caller was asked something, or a tool that ends it has begun. */
  get over(): boolean {
    return this.#over;
  }

  /**
   * Does what the model asked for, once the turn is confirmed. Emits what is to be said meanwhile; completes when the
   * model can be asked again, or the answer is {@link over}. Unsubscribing is the caller's interruption, and so is an abort
   * of the turn's signal. Whatever a tool does, this does not fail.
   * @param written text of this answer so far, characters
   */
  run(calls: readonly RequestedCall[], written: number): Observable<string> {
    return new Observable((subscriber) => {
      const running = new Set<ToolRun>();
      const filler = new Alarm(this.#parts.clock);
      const { signal } = this.#turn;
      const abort = () => {
        subscriber.complete();
      };
      signal.addEventListener('abort', abort);
      subscriber.add(() => {
        signal.removeEventListener('abort', abort);
        filler.stop();
        for (const run of running) run.interrupt();
      });
      const began = (runs: readonly ToolRun[]) => {
        for (const run of runs) running.add(run);
        this.#fill(runs, written, filler, subscriber);
      };
      this.#round(calls, subscriber, began).catch((error: unknown) => {
        subscriber.error(error); // else the caller would wait for ever
      });
    });
  }

  async #round(
    calls: readonly RequestedCall[],
    subscriber: Subscriber<string>,
    began: (runs: readonly ToolRun[]) => void,
  ): Promise<void> {
    await this.#confirmed;
    if (subscriber.closed) return;
    const checked = await Promise.all(calls.map((call) => this.#checked(call)));
    const looked: Prepared[] = [];
    for (const [index, call] of checked.entries()) looked.push(await this.#prepare(call, index));
    if (isClosed(subscriber)) return;
    const prepared = this.#settled(looked);
    this.#remember(prepared.map(({ exchange }) => exchange));
    const runs = prepared
      .filter(({ run }) => run?.tool.endsAnswer !== true)
      .flatMap((one) => this.#start(one));
    began(runs);
    await Promise.all(runs.map(({ done }) => done));
    if (isClosed(subscriber)) return;
    const asked = prepared.find(({ ask }) => ask !== undefined);
    if (asked !== undefined) this.#ask(asked, subscriber);
    const last = prepared.find(({ run }) => run?.tool.endsAnswer === true);
    if (last !== undefined) {
      this.#over = true;
      this.#start(last);
    }
    subscriber.complete();
  }

  /** A schema of the host's that never ends must not keep the caller waiting. */
  #checked(call: RequestedCall): Promise<CheckedCall> {
    const { clock, options, toolbox } = this.#parts;
    const late = (): CheckedCall => ({
      name: callableName(call.name),
      arguments: '{}',
      refused: TOLD.failed,
    });
    return within(checkedCall(call, toolbox, options.resultCharacters), LOOK_MS, clock, late);
  }

  /** Nor must a judge of the host's. */
  async #prepare(checked: CheckedCall, index: number): Promise<Prepared> {
    const { memory, clock } = this.#parts;
    const id = memory.nextId();
    const exchange = { id, name: checked.name, arguments: checked.arguments, result: TOLD.running as string };
    const refused = (result: string): Prepared => {
      this.#report(id, checked.name, 'refused');
      return { exchange: { ...exchange, result } };
    };
    if (index >= MOST_CALLS) return refused(TOLD.tooMany);
    if ('refused' in checked) return refused(checked.refused);
    const { tool, input } = checked;
    if (tool.confirm === undefined || tool.confirm === false) return { exchange, run: { tool, input } };
    const { history } = this.#turn.call;
    const request = { tool: tool.name, input, arguments: checked.arguments };
    const consent = this.#consent.take(request, { transcript: this.#transcript, history });
    if (await within(consent, LOOK_MS, clock, () => false)) return { exchange, run: { tool, input } };
    const question = this.#question(tool, input);
    return question === undefined ? refused(TOLD.failed) : { exchange, ask: question };
  }

  /** One question at a time, and nothing that ends the call before its answer; one end. */
  #settled(prepared: readonly Prepared[]): Prepared[] {
    const asking = prepared.find(({ ask }) => ask !== undefined);
    const ending = prepared.find(({ run }) => run?.tool.endsAnswer === true);
    return prepared.map((one) => {
      const { exchange, ask, run } = one;
      const ends = run?.tool.endsAnswer === true;
      const refuse = (result: string): Prepared => {
        this.#report(exchange.id, exchange.name, 'refused');
        return { exchange: { ...exchange, result } };
      };
      if (asking !== undefined && one !== asking && (ask !== undefined || ends))
        return refuse(TOLD.afterQuestion);
      if (ends && one !== ending) return refuse(TOLD.ended);
      if (ask === undefined) return one;
      this.#report(exchange.id, exchange.name, 'asked');
      return { ...one, exchange: { ...exchange, result: TOLD.asked(ask) } };
    });
  }

  #question(tool: VoiceTool, input: unknown): string | undefined {
    const { confirm } = tool;
    try {
      const made: unknown = typeof confirm === 'function' ? confirm.call(tool, input) : (confirm ?? true);
      const question = made === true ? this.#parts.options.question : made;
      if (typeof question === 'string' && question.trim() !== '') return question.trim();
      throw new TypeError('confirm made no question');
    } catch (error) {
      this.#parts.threw(tool.name, error);
      return undefined;
    }
  }

  #ask({ exchange, ask: question = '' }: Prepared, subscriber: Subscriber<string>): void {
    const { call } = this.#turn;
    this.#parts.memory.pending = {
      tool: exchange.name,
      argumentsKey: argumentsKey(exchange.arguments),
      question,
      historyLength: call.history.length,
    };
    this.#over = true;
    subscriber.next(` ${question}`);
  }

  #start({ exchange, run }: Prepared): ToolRun[] {
    if (run === undefined) return [];
    const { clock, options, threw } = this.#parts;
    const { call, transcript } = this.#turn;
    const { resultCharacters } = options;
    const about = { id: exchange.id, call, transcript, clock, resultCharacters, threw };
    const started = new ToolRun(run.tool, run.input, about);
    void started.done.then(({ text }) => {
      exchange.result = text;
    });
    return [started];
  }

  /** Something to hear while slow tools run, once a turn, and not while words are still being heard. */
  #fill(runs: readonly ToolRun[], written: number, alarm: Alarm, subscriber: Subscriber<string>): void {
    if (runs.length === 0 || this.#fillerSaid) return;
    const [first] = [...runs].sort((one, other) => fillerAfterMs(one.tool) - fillerAfterMs(other.tool));
    const tool = (first as ToolRun).tool;
    const filler = (tool.filler ?? this.#parts.options.filler).trim();
    if (filler === '') return;
    alarm.set(fillerAfterMs(tool) + written * MS_PER_CHARACTER, () => {
      if (runs.every(({ outcome }) => outcome !== undefined)) return;
      this.#fillerSaid = true;
      subscriber.next(` ${filler} `);
    });
  }

  /** What the caller said in the end: a guess of it may lack the question mark. */
  get #transcript(): string {
    const { transcript, confirmed, call } = this.#turn;
    if (confirmed === undefined) return transcript;
    return call.history.findLast(({ role }) => role === 'caller')?.text ?? transcript;
  }

  #remember(round: ToolRound): void {
    this.#rounds.push(round);
    this.#parts.memory.remember(callerTurns(this.#turn.call.history), round);
  }

  #report(id: string, name: string, state: 'asked' | 'refused'): void {
    this.#turn.call.report({ type: 'tool', tool: { id, name, state } });
  }
}

/** How many turns of the caller there have been. */
export const callerTurns = (history: Turn['history']): number =>
  history.filter(({ role }) => role === 'caller').length;

const fillerAfterMs = ({ fillerAfterMs: ms }: VoiceTool): number => ms ?? FILLER_AFTER_MS;

/** While something was awaited, the caller may have interrupted. */
const isClosed = (subscriber: Subscriber<string>): boolean => subscriber.closed;
