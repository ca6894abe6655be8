import type { CallUsage } from '../call/voice-call.js';
import type { CallLimit, CallLimits } from './limits.options.js';

/** Counts what a call uses; each method tells whether a limit is reached by that, and which. */
export class CallBudget {
  readonly #limits: Pick<CallLimits, 'turns' | 'tokens' | 'speechCharacters'>;
  #turns = 0;
  #tokens = 0;
  #characters = 0;

  constructor(limits: Pick<CallLimits, 'turns' | 'tokens' | 'speechCharacters'>) {
    this.#limits = limits;
  }

  /** The caller has taken a turn; as many as the limit are answered. */
  turn(): CallLimit | undefined {
    return ++this.#turns > this.#limits.turns ? 'turns' : undefined;
  }

  /** Of speech {@link spoken} tells sooner. */
  used(usage: CallUsage): CallLimit | undefined {
    if (usage.kind !== 'model') return undefined;
    this.#tokens += amount(usage.inputTokens) + amount(usage.outputTokens);
    return this.#tokens >= this.#limits.tokens ? 'tokens' : undefined;
  }

  /** Text has been handed to the voice. */
  spoken(characters: number): CallLimit | undefined {
    this.#characters += amount(characters);
    return this.#characters >= this.#limits.speechCharacters ? 'speechCharacters' : undefined;
  }
}

/** An agent may report anything: what is no amount must not make the sum one that is never reached. */
const amount = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0);
