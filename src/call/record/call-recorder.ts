import type { SettledUtterance } from '../../playout/settled-utterance.js';
import { redacted, type Redactor } from '../redactor.js';
import type { CallEndReason, CallEvent, ToolReport, VoiceCall } from '../voice-call.js';
import type { CallRecord, FailureRecord, SpokenRecord, ToolRecord } from './call-record.js';
import { Newest } from './newest.js';
import { TurnNotes } from './turn-notes.js';
import { UsageSum } from './usage-sum.js';

/** Entries of each list but the turns. */
const MOST = 1_000;
/** Longest text of a record, characters. */
const LONGEST_TEXT = 10_000;
/** Longest name of a tool, an error or a limit, characters. */
const LONGEST_NAME = 100;

type RecordedCall = Pick<VoiceCall, 'callSid' | 'streamSid' | 'accountSid' | 'parameters' | 'agent'>;

/** Folds what happens in a call into its record. */
export class CallRecorder {
  readonly #start: RecordedCall;
  readonly #startedAt: number;
  readonly #startedEpochMs: number;
  readonly #redactor: Redactor;
  readonly #turns = new TurnNotes();
  readonly #said = new Newest<SpokenRecord>(MOST);
  readonly #tools = new Newest<{ record: ToolRecord }>(MOST);
  readonly #limits = new Newest<string>(MOST);
  readonly #failures = new Newest<FailureRecord>(MOST);
  readonly #sensitive = new Newest<{ readonly fromMs: number; toMs: number | undefined }>(MOST);
  readonly #usage = new UsageSum();
  #language: string | undefined;
  #soundingAt: number | undefined;
  /** The caller began to speak while the agent was to be heard. */
  #interruptedAt: number | undefined;
  /** Since when the caller has been speaking. */
  #callerSince: number | undefined;
  #interruptions = 0;

  /**
   * @param startedAt ms on the monotonic clock
   * @param startedEpochMs the same moment, ms since the Unix epoch
   */
  constructor(start: RecordedCall, startedAt: number, startedEpochMs: number, redactor: Redactor) {
    const { callSid, streamSid, accountSid, parameters, agent } = start; // the first stream: others may follow
    this.#start = { callSid, streamSid, accountSid, parameters, agent };
    this.#startedAt = startedAt;
    this.#startedEpochMs = startedEpochMs;
    this.#redactor = redactor;
  }

  add(event: CallEvent): void {
    const { atMs } = event;
    switch (event.type) {
      case 'transcript':
        if (event.transcript.final) this.#language = event.transcript.language ?? this.#language;
        break;
      case 'turn':
        this.#turns.turn(event, this.#text(event.transcript), this.#language);
        this.#language = undefined;
        break;
      case 'answer':
        this.#turns.step(event.step, atMs);
        break;
      case 'caller-started':
        this.#callerSince = atMs;
        if (this.#soundingAt !== undefined) this.#interruptedAt ??= atMs;
        break;
      case 'caller-stopped':
        this.#callerSince = undefined;
        break;
      case 'agent-sounding':
        this.#soundingAt = atMs;
        this.#callerSince = undefined; // nobody is talked over
        if (event.answer !== undefined) this.#turns.sounding(event.answer, atMs);
        break;
      case 'agent-settled':
        this.#settled(event.account, event.answer, atMs);
        break;
      case 'tool':
        this.#tool(event.tool, atMs);
        break;
      case 'usage':
        this.#usage.add(event.usage);
        break;
      case 'limit':
        this.#limits.add(this.#name(event.limit));
        break;
      case 'failed':
        this.#failures.add(this.#failure(event.error, atMs));
        break;
      case 'sensitive-started':
        this.#sensitive.add({ fromMs: this.#since(atMs), toMs: undefined });
        break;
      case 'sensitive-stopped':
        if (this.#sensitive.last !== undefined) this.#sensitive.last.toMs = this.#since(atMs);
        break;
    }
  }

  /** The record, once the call is over. */
  record(ended: CallEndReason, endedAt: number): CallRecord {
    const { callSid, streamSid, accountSid, parameters, agent } = this.#start;
    const durationMs = this.#since(endedAt);
    return {
      schema: 1,
      id: `${callSid}/${streamSid}`,
      callSid,
      streamSid,
      accountSid,
      parameters: Object.fromEntries(
        Object.entries(parameters).map(([name, value]) => [name, this.#text(value)]),
      ),
      ...(agent === undefined ? {} : { agent: this.#name(agent) }),
      startedAt: new Date(this.#startedEpochMs).toISOString(),
      endedAt: new Date(this.#startedEpochMs + durationMs).toISOString(),
      durationMs,
      ended,
      turns: this.#turns.records(this.#startedAt),
      said: this.#said.items,
      interruptions: this.#interruptions,
      tools: this.#tools.items.map(({ record }) => record),
      limits: this.#limits.items,
      failures: this.#failures.items,
      sensitive: this.#sensitive.items.map(({ fromMs, toMs = durationMs }) => ({ fromMs, toMs })),
      usage: this.#usage.record,
      dropped: {
        turns: this.#turns.dropped,
        said: this.#said.dropped,
        tools: this.#tools.dropped,
        limits: this.#limits.dropped,
        failures: this.#failures.dropped,
        sensitive: this.#sensitive.dropped,
      },
    };
  }

  #settled(account: SettledUtterance, answer: number | undefined, atMs: number): void {
    const spoken = this.#spoken(account, atMs);
    if (account.ended === 'cut' && this.#interruptedAt !== undefined) this.#interruptions++;
    this.#soundingAt = this.#interruptedAt = undefined;
    const isAnswer = answer !== undefined && this.#turns.settled(answer, spoken, account.firstHeardAtMs);
    if (!isAnswer && account.synthesizedMs > 0) this.#said.add(spoken);
  }

  #spoken(account: SettledUtterance, atMs: number): SpokenRecord {
    const { ended, heardText, unheardText, heardMs, sentMs, synthesizedMs } = account;
    const { method, errorMs, textMethod, textErrorMs } = account;
    const byCallerAt = this.#interruptedAt ?? this.#callerSince; // perhaps before it was to be heard
    const by = byCallerAt === undefined ? 'host' : 'caller';
    return {
      atMs: this.#since(this.#soundingAt ?? atMs),
      endedAtMs: this.#since(atMs),
      ended,
      heard: this.#text(heardText),
      unheard: this.#text(unheardText),
      heardMs,
      sentMs: Math.round(sentMs),
      synthesizedMs: Math.round(synthesizedMs),
      method,
      errorMs: Math.round(errorMs),
      textMethod,
      textErrorMs: Math.round(textErrorMs),
      ...(ended === 'cut' ? { interruption: { by, atMs: this.#since(byCallerAt ?? atMs) } as const } : {}),
    };
  }

  /** The newest report of a tool takes the place of the former. */
  #tool(report: ToolReport, atMs: number): void {
    const { id, name, state, durationMs } = report;
    const former = this.#tools.items.findLast(({ record }) => record.id === this.#name(id));
    const record: ToolRecord = {
      id: this.#name(id),
      name: this.#name(name),
      state,
      atMs: former?.record.atMs ?? this.#since(atMs),
      ...(durationMs === undefined ? {} : { durationMs: Math.round(durationMs) }),
    };
    if (former === undefined) this.#tools.add({ record });
    else former.record = record;
  }

  #failure(error: unknown, atMs: number): FailureRecord {
    const { name, code } = Object(error) as { name?: unknown; code?: unknown };
    const isCode = typeof code === 'string' || typeof code === 'number';
    return {
      atMs: this.#since(atMs),
      name: this.#name(typeof name === 'string' ? name : typeof error),
      ...(isCode ? { code: this.#name(String(code)) } : {}),
    };
  }

  #since(atMs: number): number {
    return Math.round(atMs - this.#startedAt);
  }

  #name(text: string): string {
    return this.#text(text).slice(0, LONGEST_NAME);
  }

  #text(text: string): string {
    const shown = redacted(this.#redactor, text, 'record');
    return shown.length > LONGEST_TEXT ? `${shown.slice(0, LONGEST_TEXT)}…` : shown;
  }
}
