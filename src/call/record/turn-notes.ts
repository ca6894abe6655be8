import type { AnswerStep, CallEvent } from '../voice-call.js';
import type { AnswerRecord, SpokenRecord, TurnRecord, Waterfall } from './call-record.js';
import { Newest } from './newest.js';

const MOST_TURNS = 1_000;
/** Answers that were asked for and have not been spoken. */
const MOST_ANSWERS = 32;

type TurnEvent = Extract<CallEvent, { type: 'turn' }>;
type TimedStep = 'turnEnded' | 'asked' | 'firstText' | 'firstAudio' | 'sent' | 'heard';

/** When something happened, ms on the clock. */
type Times = Partial<Record<TimedStep, number>>;

interface TurnNote {
  readonly event: TurnEvent;
  readonly words: string;
  readonly language: string | undefined;
  times: Times;
  answer: AnswerRecord | undefined;
  discarded: number;
}

interface AnswerNote {
  readonly preemptive: boolean;
  readonly times: Times;
  /** Of a preemptive answer: the first that ended after it was asked for. */
  turn: TurnNote | undefined;
  confirmed: boolean;
}

/** The turns of a call: which answer belongs to which, and when each step of it was taken. */
export class TurnNotes {
  readonly #turns = new Newest<TurnNote>(MOST_TURNS);
  readonly #answers = new Map<number, AnswerNote>();
  /** Thrown away while the turn they were for had not ended. */
  #discarded = 0;

  get dropped(): number {
    return this.#turns.dropped;
  }

  turn(event: TurnEvent, words: string, language: string | undefined): void {
    const { atMs } = event;
    const discarded = this.#discarded;
    this.#discarded = 0;
    const note = { event, words, language, times: { turnEnded: atMs }, answer: undefined, discarded };
    this.#turns.add(note);
    for (const answer of this.#answers.values()) {
      if (answer.preemptive) answer.turn ??= note;
      this.#tell(answer);
    }
  }

  step({ answer: id, step, preemptive }: AnswerStep, atMs: number): void {
    if (step === 'asked') this.#asked(id, preemptive, atMs);
    const answer = this.#answers.get(id);
    if (answer === undefined) return;
    if (step === 'first-text') answer.times.firstText ??= atMs;
    if (step === 'first-audio') answer.times.firstAudio ??= atMs;
    if (step === 'confirmed') answer.confirmed = true;
    if (step === 'discarded') this.#thrownAway(id, answer);
    else this.#tell(answer);
  }

  sounding(id: number, atMs: number): void {
    const answer = this.#answers.get(id);
    if (answer === undefined) return;
    answer.times.sent ??= atMs;
    this.#tell(answer);
  }

  /** @returns false if the turn is not known: it was something else */
  settled(id: number, spoken: SpokenRecord, heardAtMs: number | undefined): boolean {
    const answer = this.#answers.get(id);
    const turn = answer?.turn;
    if (answer === undefined || turn === undefined) return false;
    if (heardAtMs !== undefined) answer.times.heard = heardAtMs;
    this.#tell(answer);
    turn.answer = { ...spoken, preemptive: answer.preemptive };
    this.#answers.delete(id);
    return true;
  }

  /** @param startedAt of the call, ms on the clock */
  records(startedAt: number): TurnRecord[] {
    return this.#turns.items.map(({ event, words, language, times, answer, discarded }) => ({
      atMs: Math.round(event.atMs - startedAt),
      words,
      ...(language === undefined ? {} : { language }),
      durationMs: Math.round(event.durationMs),
      ...(answer === undefined ? {} : { answer }),
      discardedAnswers: discarded,
      waterfall: waterfall(times, event.lastSampleAtMs),
    }));
  }

  #asked(id: number, preemptive: boolean, atMs: number): void {
    const turn = preemptive ? undefined : this.#turns.last;
    this.#answers.set(id, { preemptive, times: { asked: atMs }, turn, confirmed: !preemptive });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MOST_ANSWERS && oldest !== undefined) this.#answers.delete(oldest);
  }

  #thrownAway(id: number, { turn }: AnswerNote): void {
    this.#answers.delete(id);
    if (turn === undefined) this.#discarded++;
    else turn.discarded++;
  }

  #tell({ turn, times, confirmed }: AnswerNote): void {
    if (turn !== undefined && confirmed) turn.times = { ...times, turnEnded: turn.event.atMs };
  }
}

function waterfall(times: Times, lastSampleAtMs: number): Waterfall {
  const { turnEnded = lastSampleAtMs, ...steps } = times;
  const since = Object.entries(steps).map(([step, atMs]) => [`${step}Ms`, Math.round(atMs - lastSampleAtMs)]);
  return { turnEndedMs: Math.round(turnEnded - lastSampleAtMs), ...Object.fromEntries(since) } as Waterfall;
}
