import type { RequestedCall } from '../tools/requested-call.js';
import { failed } from './failures.js';

/** More than any model needs at once; what is beyond would only fill the memory. */
const MOST_CALLS = 32;
const MOST_CHARACTERS = 100_000;

/** Puts tool calls together from the pieces they come in. Servers differ in what of a piece they repeat. */
export class ToolCallDeltas {
  readonly #calls = new Map<number, { name: string; arguments: string }>();
  #characters = 0;
  #last = -1;

  /**
   * @returns the text that was added
   * @throws ModelFailedError when there is no end to it
   */
  add(deltas: unknown): string {
    const pieces = (Array.isArray(deltas) ? (deltas as unknown[]) : []).map((delta) => this.#addOne(delta));
    if (this.#calls.size > MOST_CALLS || this.#characters > MOST_CHARACTERS)
      throw failed('bad_answer', 'called too many tools at once');
    return pieces.join('');
  }

  /** In the order of their indices. */
  get complete(): readonly RequestedCall[] {
    return [...this.#calls].sort(([one], [other]) => one - other).map(([, call]) => ({ ...call }));
  }

  #addOne(delta: unknown): string {
    const { index, id, function: called } = Object(delta) as Record<string, unknown>;
    const { name, arguments: text } = Object(called) as Record<string, unknown>;
    const isNew = typeof id === 'string' && id !== '' && typeof name === 'string' && name !== '';
    const at = typeof index === 'number' ? index : isNew ? this.#last + 1 : this.#last;
    this.#last = at;
    const call = this.#calls.get(at) ?? { name: '', arguments: '' };
    this.#calls.set(at, call);
    // A name comes whole, with the first piece; some servers repeat it with each.
    if (typeof name === 'string' && call.name === '') call.name = name;
    if (typeof text === 'string') call.arguments += text;
    const added = [name, text].filter((piece) => typeof piece === 'string').join('');
    this.#characters += added.length;
    return added;
  }
}
