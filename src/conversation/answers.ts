import { type Observable, switchMap, take } from 'rxjs';
import { inScope, type RunInScope } from '../call/call-scope.js';
import type { AnswerStep, VoiceCall } from '../call/voice-call.js';
import type { TurnGuess } from '../listening/turn-guesses.js';
import type { SpeechChunk, UtteranceVoiceOptions } from '../tts/voice.js';
import { Buffered } from './buffered.js';
import { onFirst } from './on-first.js';
import { onLast } from './on-last.js';
import type { History, HistoryEntry } from './history.js';
import { Preemption, type PreemptionOptions, type PreemptiveAnswer } from './preemption.js';
import type { Reply } from './reply.js';
import { Speech } from './speech.js';
import type { Turn, VoiceAgent } from './voice-agent.js';

/** What answers need of their conversation. */
export interface AnswersParts {
  readonly call: VoiceCall;
  readonly agent: VoiceAgent;
  readonly options: PreemptionOptions;
  /** The conversation's own: it grows. */
  readonly history: readonly HistoryEntry[];
  /** Emits once it is known what was heard of everything that was said. */
  readonly settled$: Observable<unknown>;
  /** @param run what the reply is asked for inside of, and each piece of it */
  readonly text: (makeReply: (signal: AbortSignal) => Reply, run: RunInScope) => Observable<string>;
  /** Speaks a text that belongs to this speech. */
  readonly voice: (
    speech: Speech,
    text$: Observable<string>,
    wanted: Pick<UtteranceVoiceOptions, 'demand' | 'awaited'>,
  ) => Observable<SpeechChunk>;
  /** Resolves when the utterance being played wants more speech. */
  readonly demand: () => Promise<void>;
  readonly stepped: (step: AnswerStep) => void;
}

type Asked = TurnGuess & Pick<Turn, 'confirmed'>;

/** Asks the agent: when a turn is over and, if the agent allows it, while the caller pauses. */
export class Answers {
  readonly #parts: AnswersParts;
  readonly #preemption: Preemption<Asked>;
  #last = 0;

  constructor(parts: AnswersParts) {
    this.#parts = parts;
    const { agent, options } = parts;
    const preemptive = agent.preemptive === true ? options.preemptive : 'off';
    this.#preemption = new Preemption({ ...options, preemptive }, (guess) => this.#prepare(guess));
  }

  /** The caller pauses and has said this so far; undefined: the caller goes on. */
  guess(turn: Asked | undefined): void {
    if (turn === undefined) this.#preemption.discard();
    else this.#preemption.offer(turn);
  }

  /** Answers a turn that is over. Its words are the last entry of the history. */
  to(turn: Asked): Speech {
    const { history } = this.#parts;
    const prepared = this.#preemption.take(turn.transcript, history.length - 1);
    return prepared ?? this.#speech(turn, () => history);
  }

  /** What is being prepared is not wanted any more. */
  discard(): void {
    this.#preemption.discard();
  }

  #prepare(guess: Asked): PreemptiveAnswer {
    const { history, settled$, stepped } = this.#parts;
    let resolve: () => void = () => undefined;
    const confirmed = new Promise<void>((confirm) => {
      resolve = confirm;
    });
    let historyLength: number | undefined;
    const speech = this.#speech({ ...guess, confirmed }, () => {
      historyLength = history.length;
      return [...history, { role: 'caller', text: guess.transcript }];
    });
    const text$ = settled$.pipe(
      take(1),
      switchMap(() => speech.text$),
    );
    const told = (step: AnswerStep['step']) => () => {
      if (speech.answer !== undefined && historyLength !== undefined) stepped({ ...speech.answer, step });
    };
    const confirm = told('confirmed');
    return {
      speech,
      made: this.#make(speech, text$, confirmed),
      get historyLength() {
        return historyLength;
      },
      confirm: () => {
        confirm();
        resolve();
      },
      discarded: told('discarded'),
    };
  }

  /** Before the turn is over no more than a first clause is spoken: the rest may be in vain. */
  #make(speech: Speech, text$: Observable<string>, confirmed: Promise<void>): PreemptiveAnswer['made'] {
    const { voice, demand, options } = this.#parts;
    if (options.preemptive === 'text') {
      const made = new Buffered(text$);
      speech.prepared$ = voice(speech, made.values$, { demand });
      return made;
    }
    let isFirst = true;
    let isConfirmed = false;
    void confirmed.then(() => {
      isConfirmed = true;
    });
    const ofFirstClause = async () => {
      if (!isFirst) await confirmed.then(demand);
      isFirst = false;
    };
    const made = new Buffered(voice(speech, text$, { demand: ofFirstClause, awaited: () => isConfirmed }));
    speech.prepared$ = made.values$;
    return made;
  }

  #speech({ lastSampleAtMs, ...turn }: Asked, history: () => History): Speech {
    const { agent, call, text, stepped } = this.#parts;
    const answer = { answer: ++this.#last, preemptive: turn.confirmed !== undefined };
    const work = { call, answer: answer.answer };
    const text$ = text(
      (signal) => {
        const told = [...history()];
        stepped({ ...answer, step: 'asked', lastSampleAtMs });
        return inScope(work, () => agent.reply({ ...turn, history: told, call, signal }));
      },
      (task) => inScope(work, task),
    );
    const wrote = () => {
      stepped({ ...answer, step: 'first-text' });
    };
    const ended = (error: { readonly error?: string }) => {
      stepped({ ...answer, step: 'last-text', ...error });
    };
    const told$ = text$.pipe(
      onFirst((piece) => piece !== '', wrote),
      onLast(ended),
    );
    return new Speech('answer', told$, undefined, answer);
  }
}
