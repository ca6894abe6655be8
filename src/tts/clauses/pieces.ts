/** A piece of the source: something that is said, or what stands between. */
export interface Piece {
  readonly source: string;
  /** What is sent of it: words; or, in a gap, punctuation; nothing for mark-up. */
  readonly spoken: string;
  readonly isWord: boolean;
  /** Other words than written: they stand apart from their neighbours. */
  readonly isRead: boolean;
}

export const word = (source: string, spoken = source): Piece => ({
  source,
  spoken,
  isWord: true,
  isRead: false,
});
export const gap = (source: string, spoken = ''): Piece => ({ source, spoken, isWord: false, isRead: false });

/**
 * A word that is said otherwise than written; white space around it belongs to the gaps.
 * @param pause punctuation behind it
 */
export function read(source: string, spoken: string, pause = ''): Piece[] {
  const text = source.trim();
  const from = source.indexOf(text);
  const said: Piece = { source: text, spoken: spoken.trim(), isWord: true, isRead: true };
  const [before, after] = [source.slice(0, from), source.slice(from + text.length)];
  return [
    ...(before === '' ? [] : [gap(before, ' ')]),
    said,
    ...(pause === '' ? [] : [gap('', pause)]),
    ...(after === '' ? [] : [gap(after, ' ')]),
  ];
}

/** A sticky pattern's match at a position. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
