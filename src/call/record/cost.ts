import type { CallRecord } from './call-record.js';

/** What things cost, in any one currency. */
export interface Prices {
  /** Per million tokens, by the model's name. */
  readonly models?: Readonly<Record<string, { readonly input: number; readonly output: number }>>;
  /** Per 1000 characters of text handed to the voice. */
  readonly speech?: number;
  /** Per hour of audio handed to the transcriber. */
  readonly transcription?: number;
  /** Per minute of the call; a minute that was begun counts whole. */
  readonly call?: number;
}

/** In the currency of the {@link Prices}. */
export interface CallCost {
  readonly models: number;
  readonly speech: number;
  readonly transcription: number;
  readonly call: number;
  readonly total: number;
  /** What was used but has no price: models by name, `speech`, `transcription`, `call`. */
  readonly unpriced: readonly string[];
}

/** What a call has cost. Vendors round and discount as they like: this is an estimate. */
export function costOf(
  { usage, durationMs }: Pick<CallRecord, 'usage' | 'durationMs'>,
  prices: Prices,
): CallCost {
  const unpriced: string[] = [];
  const priced = (what: string, amount: number, price: number | undefined): number => {
    if (price === undefined && amount > 0) unpriced.push(what);
    return amount * (price ?? 0);
  };
  let models = 0;
  for (const { model, inputTokens, outputTokens } of usage.models) {
    const price = Object.hasOwn(prices.models ?? {}, model) ? prices.models?.[model] : undefined;
    if (price === undefined) unpriced.push(model);
    else models += (inputTokens * price.input + outputTokens * price.output) / 1_000_000;
  }
  const speech = priced('speech', usage.speechCharacters / 1_000, prices.speech);
  const transcription = priced('transcription', usage.transcriptionMs / 3_600_000, prices.transcription);
  const call = priced('call', Math.ceil(durationMs / 60_000), prices.call);
  return { models, speech, transcription, call, total: models + speech + transcription + call, unpriced };
}
