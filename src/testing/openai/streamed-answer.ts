import { Alarm } from '../../call/alarm.js';
import type { Clock } from '../../call/clock.js';
import type { Random } from '../random.js';
import type { ChatExchange } from './chat-exchange.js';
import type { Completion } from './completion.js';
import type { OpenAiFault } from './faults.js';
import { between, type ChatScenario } from './scenario.js';

/** Faults that strike between two tokens. */
const MID_STREAM = ['stall', 'cut', 'malformed', 'error-chunk', 'early-end'];

/** What an answer needs to be sent. */
export interface AnswerLine {
  readonly clock: Clock;
  readonly random: Random;
  readonly exchange: ChatExchange;
  readonly scenario: ChatScenario;
  readonly fault: OpenAiFault | undefined;
}

/** Sends an answer token by token. */
export class StreamedAnswer {
  readonly #line: AnswerLine;
  readonly #completion: Completion;
  readonly #alarm: Alarm;

  constructor(line: AnswerLine, completion: Completion) {
    this.#line = line;
    this.#completion = completion;
    this.#alarm = new Alarm(line.clock);
  }

  start(): void {
    const { exchange, random, scenario } = this.#line;
    exchange.onEnd(() => {
      this.#alarm.stop();
    });
    this.#alarm.set(between(scenario.firstTokenMs, random), () => {
      exchange.begin();
      exchange.event(this.#completion.role);
      this.#write();
    });
  }

  #write(): void {
    const { exchange, random, scenario } = this.#line;
    if (this.#struck()) return;
    const { entry } = exchange;
    const token = this.#completion.tokens[entry.tokensSent];
    if (token === undefined) {
      this.#finish();
      return;
    }
    exchange.event(this.#completion.chunk(token));
    entry.tokensSent++;
    this.#alarm.set(between(scenario.tokenMs, random), () => {
      this.#write();
    });
  }

  #finish(): void {
    const { exchange, fault } = this.#line;
    for (const event of this.#completion.last) exchange.event(event);
    if (fault?.kind === 'no-end') return;
    if (fault?.kind !== 'no-done') exchange.event('[DONE]');
    exchange.end();
  }

  /** @returns whether the answer has come to its fault */
  #struck(): boolean {
    const { exchange, fault } = this.#line;
    if (fault === undefined || !MID_STREAM.includes(fault.kind)) return false;
    const due = Math.min(fault.after ?? 1, this.#completion.tokens.length);
    if (exchange.entry.tokensSent < due) return false;
    if (fault.kind === 'cut') exchange.cut();
    if (fault.kind === 'malformed') exchange.event('{"choices":[{"delta":{"content":"a word that broke');
    if (fault.kind === 'error-chunk') exchange.event(ERROR);
    if (!['cut', 'stall'].includes(fault.kind)) exchange.end();
    return true;
  }
}

const ERROR = JSON.stringify({
  error: { message: 'The server had an error.', type: 'server_error', param: null, code: 'server_error' },
});
