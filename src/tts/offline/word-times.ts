import { isPause, type Phone } from './flite.js';

/** When a word sounds, ms. */
export interface WordTime {
  readonly startMs: number;
  readonly endMs: number;
}

interface SpokenPhone extends WordTime {
  readonly name: string;
}

/**
 * When each word of a sentence sounds.
 *
 * @param sentence the phones of the whole sentence, with pauses
 * @param words the phones of each word spoken on its own
 */
export function wordTimes(sentence: readonly Phone[], words: readonly (readonly string[])[]): WordTime[] {
  const spoken = spokenPhones(sentence);
  return timesOfRuns(spoken, phonesPerWord(spoken, words));
}

function spokenPhones(sentence: readonly Phone[]): SpokenPhone[] {
  let startMs = 0;
  const timed = sentence.map(({ name, endMs }) => {
    const phone = { name, startMs, endMs };
    startMs = endMs;
    return phone;
  });
  return timed.filter(({ name }) => !isPause(name));
}

function phonesPerWord(spoken: readonly SpokenPhone[], words: readonly (readonly string[])[]): number[] {
  const counts = words.map((phones) => phones.length);
  if (sum(counts) === spoken.length) return counts;
  const names = spoken.map(({ name }) => name);
  return realign(names, words) ?? shareOut(counts, spoken.length);
}

/** Gives each word its next phones; a word without phones is a moment between its neighbours. */
function timesOfRuns(spoken: readonly SpokenPhone[], counts: readonly number[]): WordTime[] {
  let next = 0;
  let reached = 0;
  return counts.map((count) => {
    const run = spoken.slice(next, next + count);
    next += count;
    const startMs = run[0]?.startMs ?? reached;
    reached = run.at(-1)?.endMs ?? reached;
    return { startMs, endMs: reached };
  });
}

/**
 * Phones per word by the cheapest edit from the words' phones to the sentence's, or nothing when more than half of
 * them would have to change.
 */
function realign(names: readonly string[], words: readonly (readonly string[])[]): number[] | undefined {
  const expected = words.flatMap((phones, word) => phones.map((name) => ({ name, word })));
  const costs = editCosts(
    expected.map(({ name }) => name),
    names,
  );
  const cost = costs[expected.length]?.[names.length] ?? Infinity;
  if (cost > Math.max(expected.length, names.length) / 2) return undefined;
  const counts = words.map(() => 0);
  const credit = (index: number) => {
    const word = expected[Math.max(0, index)]?.word ?? 0;
    counts[word] = (counts[word] ?? 0) + 1;
  };
  const at = (row: number, column: number) => costs[row]?.[column] ?? Infinity;
  let row = expected.length;
  let column = names.length;
  while (column > 0) {
    const change = expected[row - 1]?.name === names[column - 1] ? 0 : 1;
    if (row > 0 && at(row, column) === at(row - 1, column - 1) + change) {
      credit(row - 1);
      row--;
      column--;
    } else if (row > 0 && at(row, column) === at(row - 1, column) + 1) {
      row--;
    } else {
      // An extra phone belongs to the word it follows.
      credit(row - 1);
      column--;
    }
  }
  return counts;
}

function editCosts(from: readonly string[], to: readonly string[]): number[][] {
  const costs = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  from.forEach((name, index) => {
    const above = costs[index] ?? [];
    const row = [index + 1];
    to.forEach((other, column) => {
      const replace = (above[column] ?? 0) + (name === other ? 0 : 1);
      row.push(Math.min(replace, (above[column + 1] ?? 0) + 1, (row[column] ?? 0) + 1));
    });
    costs.push(row);
  });
  return costs;
}

/** Splits `total` phones in proportion to what each word was expected to have. */
function shareOut(expected: readonly number[], total: number): number[] {
  const weights = expected.map((count) => Math.max(1, count));
  const scale = total / sum(weights);
  let passed = 0;
  return weights.map((weight) => {
    const before = Math.round(passed * scale);
    passed += weight;
    return Math.round(passed * scale) - before;
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
