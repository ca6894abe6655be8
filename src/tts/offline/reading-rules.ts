import { ABBREVIATIONS, ABBREVIATIONS_OF_NUMBERS, LETTER_NAMES, SPELLED, UNITS } from './abbreviations.js';
import { cardinalWords, digitWords, numberWords, ordinalWords, yearWords } from './number-words.js';

/** A piece of the source text and the plain words to say for it; no words: nothing is said. */
export interface Reading {
  readonly source: string;
  readonly words: readonly string[];
  /** A short pause follows, as between the groups of a phone number. */
  readonly pause?: boolean;
}

/** How one kind of text is read; the sources of the readings joined are the match. */
interface Rule {
  /** Sticky. */
  readonly pattern: RegExp;
  read(match: RegExpExecArray): readonly Reading[];
}

/** Not inside a word or a number. */
const START = '(?<![\\p{L}\\p{N}])';
const END = '(?![\\p{L}\\p{N}])';
const NUMBER = '\\d{1,3}(?:,\\d{3})+(?:\\.\\d+)?|\\d+(?:\\.\\d+)?';
const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);
const SYMBOLS = new Map(
  Object.entries({
    '%': 'percent',
    '&': 'and',
    '@': 'at',
    '=': 'equals',
    '+': 'plus',
    '°': 'degrees',
    '×': 'times',
    '€': 'euros',
    '£': 'pounds',
    $: 'dollars',
  }),
);
const MONEY = new Map([
  ['$', ['dollar', 'dollars', 'cent', 'cents']],
  ['€', ['euro', 'euros', 'cent', 'cents']],
  ['£', ['pound', 'pounds', 'penny', 'pence']],
]);
const FRACTIONS = new Map([
  ['1/2', 'one half'],
  ['1/3', 'one third'],
  ['2/3', 'two thirds'],
  ['1/4', 'one quarter'],
  ['3/4', 'three quarters'],
]);

const oneOf = (names: Iterable<string>) =>
  [...names]
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
    .join('|');
const group = (match: RegExpExecArray, index: number): string => match[index] ?? '';
const split = (text: string): string[] => text.split(' ');
const rule = (pattern: string, read: (match: RegExpExecArray) => readonly Reading[], flags = ''): Rule => ({
  pattern: new RegExp(pattern, `uy${flags}`),
  read,
});
/** Reads the whole match as one span. */
const whole = (pattern: string, words: (match: RegExpExecArray) => readonly string[], flags = ''): Rule =>
  rule(pattern, (match) => [{ source: match[0], words: words(match) }], flags);

/** Letters one by one. */
export const spell = (letters: string): string[] =>
  Array.from(letters.toLowerCase(), (letter) => split(LETTER_NAMES.get(letter) ?? letter)).flat();

/** Part of an address: a word, or letter by letter where it cannot be read as one; digits one by one. */
const addressWords = (part: string): string[] =>
  (part.match(/[a-z]+|\d+|[-._/@+]/gi) ?? []).flatMap((piece) => {
    if (/\d/.test(piece)) return digitWords(piece);
    if (/[a-z]/i.test(piece))
      return piece.length < 3 || !/[aeiouy]/i.test(piece) ? spell(piece) : [piece.toLowerCase()];
    return split(
      { '.': 'dot', '-': 'dash', _: 'underscore', '/': 'slash', '@': 'at', '+': 'plus' }[piece] ?? '',
    );
  });

const webAddress = (match: RegExpExecArray): string[] =>
  addressWords(
    match[0]
      .replace(/^https?:\/\//i, '')
      .replace(/^www\./i, '')
      .replace(/\/?([?#].*)?$/, ''),
  );

/** Digit by digit, each digit a span of its own, so that what was heard of a phone number is known to the digit. */
const digitByDigit = (match: RegExpExecArray): Reading[] =>
  (match[0].match(/[+(]*\d[^\d+(]*/g) ?? []).map((source) => ({
    source,
    words: [...(source.startsWith('+') ? ['plus'] : []), ...digitWords(source)],
    pause: /\d\D/.test(source),
  }));

const timeWords = (hour: string, minute: string, isTwelveHour: boolean): string[] => {
  if (minute === '00') return isTwelveHour ? cardinalWords(hour) : [...cardinalWords(hour), "o'clock"];
  return [...cardinalWords(hour), ...(minute.startsWith('0') ? ['oh'] : []), ...cardinalWords(minute)];
};

const clockTime = (match: RegExpExecArray): Reading[] => {
  const [time, hour, minute, half] = [group(match, 1), group(match, 2), group(match, 3), group(match, 4)];
  const readings = [{ source: time, words: timeWords(hour, minute === '' ? '00' : minute, half !== '') }];
  return half === '' ? readings : [...readings, { source: half, words: spell(half.replaceAll('.', '')) }];
};

const moneyWords = (match: RegExpExecArray): string[] => {
  const [one = '', many = '', smallOne = '', smallMany = ''] = MONEY.get(group(match, 1)) ?? [];
  const [amount, cents, scale] = [group(match, 2), group(match, 3), group(match, 4)];
  if (scale !== '') return [...numberWords(cents === '' ? amount : `${amount}.${cents}`), scale, many];
  const main = [...cardinalWords(amount), amount === '1' ? one : many];
  if (cents === '' || cents === '00') return main;
  const small = [...cardinalWords(cents), cents === '01' ? smallOne : smallMany];
  return /^0+$/.test(amount) ? small : [...main, 'and', ...small];
};

const dateWords = (year: string, month: string, day: string): string[] => {
  const name = MONTHS[Number(month) - 1];
  if (name === undefined) return cardinalWords(year + month + day);
  return [name, ...ordinalWords(day), ...(year === '' ? [] : yearWords(year))];
};

/** Month first, unless that cannot be. */
const slashDate = (match: RegExpExecArray): string[] => {
  const [first, second, year] = [group(match, 1), group(match, 2), group(match, 3)];
  return Number(first) > 12 ? dateWords(year, second, first) : dateWords(year, first, second);
};

const namedDate = (match: RegExpExecArray): Reading[] => {
  const [month, day, year] = [group(match, 1), group(match, 2), group(match, 3)];
  const written = month.replace(/\W/g, '').toLowerCase();
  const name = ABBREVIATIONS.get(`${written}.`) ?? written;
  const readings = [
    { source: month, words: [name] },
    { source: day, words: ordinalWords(day) },
  ];
  return year === '' ? readings : [...readings, { source: year, words: yearWords(year) }];
};

const withUnit = (match: RegExpExecArray): Reading[] => {
  const [number, unit] = [group(match, 1), group(match, 2)];
  const [one, many] = UNITS.get(unit) ?? [unit, unit];
  return [
    { source: number, words: numberWords(number.trim()) },
    { source: unit, words: split(number.trim() === '1' ? one : many) },
  ];
};

const abbreviationWords = (match: RegExpExecArray): string[] => {
  const written = match[0].toLowerCase();
  const [before, after] = [
    match.input.slice(0, match.index),
    match.input.slice(match.index + match[0].length),
  ];
  const isNamed = /\p{Lu}\p{L}* *$/u.test(before) && !/^ *\p{Lu}/u.test(after);
  const isStreet = written === 'st.' && (isNamed || /\d+ (?:\p{Lu}\S* +)+$/u.test(before));
  return isStreet
    ? ['street']
    : split(ABBREVIATIONS.get(written) ?? ABBREVIATIONS_OF_NUMBERS.get(written) ?? '');
};

const DOMAINS = 'com|org|net|edu|gov|io|dev|ai|co|app|info|biz|us|uk|ca|de|eu|au|fr|es|it|nl|example';
const SPOKEN_CODES =
  'code|pin|passcode|password|zip|extension|ext\\.?|digits|ending in|ending with|account|account number|id|flight|room|reference|confirmation|order';
const MONTH_NAMES = `${MONTHS.join('|')}|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\\.?`;

/** In order of precedence. */
export const READING_RULES: readonly Rule[] = [
  // The target of a Markdown link; its label is read.
  whole('\\]\\([^)\\s]*\\)', () => []),
  whole(`${START}[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+`, (match) => addressWords(match[0])),
  whole(`${START}https?://[^\\s<>"')\\]]*[^\\s<>"')\\].,;:!?*_]`, webAddress, 'i'),
  whole(
    `${START}(?:[a-z0-9-]+\\.)+(?:${DOMAINS})${END}(?:/[^\\s<>"')\\]]*[^\\s<>"')\\].,;:!?*_]|/)?`,
    webAddress,
    'i',
  ),
  whole(`${START}(\\d{4})-(\\d\\d)-(\\d\\d)${END}`, (match) =>
    dateWords(group(match, 1), group(match, 2), group(match, 3)),
  ),
  whole(`${START}(\\d{1,2})/(\\d{1,2})/(\\d{4})${END}`, slashDate),
  rule(
    `${START}((?:${MONTH_NAMES})\\s+)(\\d{1,2}(?:st|nd|rd|th)?${END}(?:,?\\s+(?=\\d{4}${END}))?)(\\d{4})?`,
    namedDate,
    'i',
  ),
  rule(`${START}((\\d{1,2}):(\\d\\d)\\s?)([ap]\\.m\\.|[ap]m${END})?${END}`, clockTime, 'i'),
  rule(`${START}((\\d{1,2})()\\s?)([ap]\\.m\\.|[ap]m${END})`, clockTime, 'i'),
  whole(
    `([$€£])(\\d{1,3}(?:,\\d{3})+|\\d+)(?:\\.(\\d+))?(?: (thousand|million|billion|trillion)${END})?`,
    moneyWords,
    'i',
  ),
  rule(
    `(?<![\\p{L}\\p{N}.])(?:\\+?\\d{1,3}[ .-]?)?\\(?\\d{3}\\)?[ .-]?\\d{3}[ .-]\\d{4}${END}`,
    digitByDigit,
  ),
  rule(`${START}\\d{3}-\\d{4}${END}`, digitByDigit),
  rule(`${START}\\+\\d[\\d -]{5,}\\d${END}`, digitByDigit),
  rule(`${START}\\d{2,4}(?:[ -]\\d{2,4}){2,}${END}`, digitByDigit),
  rule(`${START}(?:0\\d+|\\d{7,})(?![\\p{L}\\p{N}]|[.,]\\d)`, digitByDigit),
  // The number of an order or a part, as in AB-1234.
  rule('(?<=\\p{Lu}-?)\\d{3,}(?![\\p{L}\\p{N}]|[.,]\\d)', digitByDigit),
  rule(
    `(?<=\\b(?:${SPOKEN_CODES})(?: is| number)?:? #?)\\d{3,6}(?![\\p{L}\\p{N}]|[.,]\\d)`,
    digitByDigit,
    'i',
  ),
  whole(
    `(?<=\\b(?:in|since|until|till|by|before|after|from|year|of|early|late) )(?:1[1-9]|20)\\d\\d(?![\\p{L}\\p{N}]|[.,]\\d)`,
    (match) => yearWords(match[0]),
    'i',
  ),
  whole(`${START}\\d+(?:st|nd|rd|th)${END}`, (match) => ordinalWords(match[0])),
  whole(`${START}\\d+/\\d+${END}`, (match) =>
    split(FRACTIONS.get(match[0]) ?? match[0].split('/').flatMap(cardinalWords).join(' ')),
  ),
  rule(`((?:${NUMBER})\\s?)(${oneOf(UNITS.keys())})${END}`, withUnit),
  whole(NUMBER, (match) => numberWords(match[0])),
  whole('(?<=\\d\\s?)[-–](?=\\s?\\d)', () => ['to']),
  whole(`${START}[-−](?=\\d)`, () => ['minus']),
  whole('#(?=\\d)', () => ['number']),
  whole(`${START}(?:${oneOf(ABBREVIATIONS_OF_NUMBERS.keys())})(?=\\s?\\d)`, abbreviationWords, 'i'),
  whole(`${START}(?:${oneOf(ABBREVIATIONS.keys())})`, abbreviationWords, 'i'),
  whole(`${START}(?:${oneOf(SPELLED)}|[B-DF-HJ-NP-TV-XZ]{2,5})${END}`, (match) => spell(match[0])),
  whole(`[${[...SYMBOLS.keys()].join('')}]`, (match) => [SYMBOLS.get(match[0]) ?? '']),
];
