/** All ways to fail. */
export const OPENAI_FAULT_KINDS = [
  /** Refused with a message that quotes the newest message of the user. */
  '400',
  '401',
  /** No such model. */
  '404',
  /** `code` says which: `rate_limit_exceeded` (default) or `insufficient_quota`. */
  '429',
  '500',
  /** With an HTML body. */
  '503',
  /** Headers never come. */
  'hang',
  /** Nothing comes after `after` tokens; 0: headers and the role only. */
  'stall',
  /** The connection is reset after `after` tokens. */
  'cut',
  /** A chunk that is no JSON comes after `after` tokens. */
  'malformed',
  /** An error comes as a chunk after `after` tokens. */
  'error-chunk',
  /** The answer ends in good order after `after` tokens, without finish reason and `[DONE]`. */
  'early-end',
  /** Everything but `[DONE]` comes. */
  'no-done',
  /** The finish reason comes, but neither `[DONE]` nor the end of the answer. */
  'no-end',
  /** An answer without a token. */
  'empty',
] as const;

/** One of the {@link OPENAI_FAULT_KINDS}. */
export type OpenAiFaultKind = (typeof OPENAI_FAULT_KINDS)[number];

/** One way to fail. Of several that wait, each request is struck by the first. */
export interface OpenAiFault {
  readonly kind: OpenAiFaultKind;
  /** How often it strikes, once by default; Infinity: always. */
  readonly times?: number;
  /** Tokens that come before it strikes, 1 by default. */
  readonly after?: number;
  /** Error code, with `429`. */
  readonly code?: 'rate_limit_exceeded' | 'insufficient_quota';
}

/** The fault that a model's name asks for, always: `fault-KIND`, or `fault-KIND-N` with its `after`. */
export function modelFault(model: string): OpenAiFault | undefined {
  const [, name = '', after] = /^fault-(.+?)(?:-(\d+))?$/.exec(model) ?? [];
  const kind = OPENAI_FAULT_KINDS.find((candidate) => candidate === name);
  return kind && { kind, ...(after === undefined ? {} : { after: Number(after) }) };
}

/** Faults that wait for their request. */
export class OpenAiFaultQueue {
  readonly #pending: { readonly fault: OpenAiFault; left: number }[] = [];
  #struck = 0;

  /** How often a fault has struck. */
  get struck(): number {
    return this.#struck;
  }

  add(faults: readonly OpenAiFault[]): void {
    this.#pending.push(...faults.map((fault) => ({ fault, left: fault.times ?? 1 })));
  }

  clear(): void {
    this.#pending.length = 0;
  }

  /** The first that waits, else the one that the model's name asks for. */
  take(model: string): OpenAiFault | undefined {
    const [entry] = this.#pending;
    if (entry !== undefined && --entry.left <= 0) this.#pending.shift();
    const fault = entry?.fault ?? modelFault(model);
    if (fault !== undefined) this.#struck++;
    return fault;
  }
}
