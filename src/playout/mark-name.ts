/** What a mark of ours stands for. */
export interface MarkName {
  readonly utterance: number;
  readonly generation: number;
  /**
   * `probe` stands before the first byte of a run and finds the far buffer empty; `position` stands behind audio;
   * `fence` follows a `clear`.
   */
  readonly kind: 'probe' | 'position' | 'fence';
  /** Position in the utterance, ms; of a fence: 0. */
  readonly ms: number;
}

const LETTER = { probe: 'p', position: '', fence: 'f' } as const;

/** `u<utterance>.g<generation>.<ms>`, a probe `….p<ms>`, a fence `….f0`. */
export function markName({ utterance, generation, kind, ms }: MarkName): string {
  return `u${utterance}.g${generation}.${LETTER[kind]}${ms}`;
}

/** @returns undefined for a name that is not ours */
export function parseMarkName(name: string): MarkName | undefined {
  const match = /^u(\d{1,9})\.g(\d{1,9})\.([pf]?)(\d{1,9})$/.exec(name);
  if (match === null) return undefined;
  const [, utterance, generation, letter, ms] = match;
  const kind = letter === 'p' ? 'probe' : letter === 'f' ? 'fence' : 'position';
  return { utterance: Number(utterance), generation: Number(generation), kind, ms: Number(ms) };
}
