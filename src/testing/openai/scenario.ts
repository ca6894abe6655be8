import type { Random } from '../random.js';

/** How fast the server answers. Requests keep the scenario that they began with. */
export interface ChatScenario {
  /** From a request to the first token, and to the headers, ms. */
  readonly firstTokenMs: readonly [from: number, to: number];
  /** From one token to the next, ms. */
  readonly tokenMs: readonly [from: number, to: number];
}

export const DEFAULT_CHAT_SCENARIO: ChatScenario = { firstTokenMs: [200, 400], tokenMs: [15, 30] };

/** @throws Error that names the wrong setting */
export function changedChatScenario(scenario: ChatScenario, change: Partial<ChatScenario>): ChatScenario {
  const changed = { ...scenario, ...change };
  for (const name of ['firstTokenMs', 'tokenMs'] as const) {
    const [from, to] = changed[name];
    if (!(from >= 0 && to >= from)) throw new Error(`${name}: must be [from, to] with 0 <= from <= to`);
  }
  return changed;
}

/** Evenly distributed between `from` and `to`. */
export const between = ([from, to]: readonly [number, number], random: Random): number =>
  from + (to - from) * random();
