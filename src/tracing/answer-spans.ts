import type { Attributes } from '@opentelemetry/api';
import type { AnswerStep, CallUsage } from '../call/voice-call.js';
import type { OpenSpan, OpenSpans } from './open-spans.js';

/** Tells nothing of an answer that was begun in vain but that it was. */
const DISCARDED = { 'voice.answer.discarded': true };

/** The agent and the voice in one answer. */
export class AnswerSpans {
  readonly agent: OpenSpan;
  readonly #spans: OpenSpans;
  readonly #turn: OpenSpan;
  readonly #askedAtMs: number;
  #agentEndMs: number | undefined;
  #agentFailed = false;
  #voice: OpenSpan | undefined;
  #firstTextAtMs = 0;
  #inputTokens = 0;
  #outputTokens = 0;

  constructor(
    spans: OpenSpans,
    turn: OpenSpan,
    agent: string | undefined,
    attributes: Attributes,
    atMs: number,
  ) {
    this.#spans = spans;
    this.#turn = turn;
    this.#askedAtMs = atMs;
    const operation = { ...attributes, 'gen_ai.operation.name': 'invoke_agent' };
    const isNamed = agent !== undefined && agent !== '';
    const about = isNamed ? { ...operation, 'gen_ai.agent.name': agent } : operation;
    this.agent = spans.start(isNamed ? `invoke_agent ${agent}` : 'invoke_agent', atMs, about, turn);
  }

  step({ step, error }: AnswerStep, atMs: number): void {
    switch (step) {
      case 'first-text':
        this.agent.set({ 'gen_ai.response.time_to_first_chunk': (atMs - this.#askedAtMs) / 1_000 });
        this.#voice = this.#spans.start('voice.synthesis', atMs, {}, this.#turn);
        this.#firstTextAtMs = atMs;
        break;
      case 'first-audio':
        this.#voice?.set({ 'voice.synthesis.first_audio_ms': atMs - this.#firstTextAtMs });
        break;
      case 'last-text':
        this.#agentEndMs = atMs; // what it has cost is told later, and not taken by a span that has ended
        if (error === undefined) break;
        this.#agentFailed = true;
        this.agent.fail(error);
        break;
      case 'last-audio':
        if (error !== undefined && !this.#agentFailed) this.#voice?.fail(error); // the agent's goes through the voice
        this.#voice?.end(atMs);
        break;
    }
  }

  used({ model, inputTokens, outputTokens }: Extract<CallUsage, { kind: 'model' }>): void {
    this.#inputTokens += inputTokens;
    this.#outputTokens += outputTokens;
    this.agent.set({
      'gen_ai.request.model': model,
      'gen_ai.usage.input_tokens': this.#inputTokens,
      'gen_ai.usage.output_tokens': this.#outputTokens,
    });
  }

  discarded(atMs: number): void {
    this.agent.set(DISCARDED);
    this.over(atMs);
  }

  over(atMs: number): void {
    this.#voice?.end(atMs);
    this.agent.end(this.#agentEndMs ?? atMs);
  }
}
