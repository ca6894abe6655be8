import type { CallUsage } from '../voice-call.js';
import type { ModelUsage, UsageRecord } from './call-record.js';

/** Models of one call, at most: the tokens of others count under {@link OTHER_MODELS}. */
const MOST_MODELS = 100;
const OTHER_MODELS = '(others)';

/** What a call has used so far. */
export class UsageSum {
  readonly #models = new Map<string, ModelUsage>();
  #speechCharacters = 0;
  #transcriptionMs = 0;

  add(usage: CallUsage): void {
    if (usage.kind === 'model') this.#addModel(usage);
    else if (usage.kind === 'speech') this.#speechCharacters += amount(usage.characters);
    else this.#transcriptionMs += amount(usage.ms);
  }

  get record(): UsageRecord {
    return {
      models: [...this.#models.values()],
      speechCharacters: this.#speechCharacters,
      transcriptionMs: Math.round(this.#transcriptionMs),
    };
  }

  #addModel({ model: name, inputTokens, outputTokens }: ModelUsage): void {
    const model = this.#models.has(name) || this.#models.size < MOST_MODELS ? name : OTHER_MODELS;
    const before = this.#models.get(model);
    this.#models.set(model, {
      model,
      inputTokens: (before?.inputTokens ?? 0) + amount(inputTokens),
      outputTokens: (before?.outputTokens ?? 0) + amount(outputTokens),
    });
  }
}

/** An agent may report anything: what is no amount must not spoil the sum. */
const amount = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0);
