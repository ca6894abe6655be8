import { Amounts } from './amounts.js';
import { digitPieces } from './digit-pieces.js';
import { CURRENCIES, UNITS } from './number-tables.js';
import { hasNumerals } from './numerals.js';
import { matchAt, type Piece, read } from './pieces.js';
import { BEFORE_GERMAN_ORDINAL } from './sentence-abbreviations.js';
import { baseLanguage } from './segmenters.js';
import { symbolWords } from './symbol-words.js';

/** Letters of scripts without white space may stand at both sides of a number. */
const LETTER =
  '(?![\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}])\\p{L}';
const START = `(?<!\\p{N}|${LETTER}|\\d[.,])`;
const END = `(?!\\p{N}|[.,]\\d|${LETTER})`;
const VERSION = new RegExp(`${START}\\d+(?:\\.\\d+){2,}${END}`, 'uy');
const MONTH = '(0?[1-9]|1[0-2])';
const DAY = '(0?[1-9]|[12]\\d|3[01])';
const SIGN = '([$€£¥￥₹₩₽₺₴₪₱฿₫])';
/** German ordinals behind these end in `n`. */
const DATIVE = '(?<=(?<!\\p{L})(?:[Aa]m|[Vv]om|[Zz]um|[Ii]m|[Bb]eim|[Dd]e[mn]) )';
/** Their ordinals are written with a full stop, which is part of them. */
const STOP_ORDINALS = new Set(['de', 'da', 'no', 'nb', 'nn', 'fi', 'cs', 'hr', 'hu', 'pl', 'tr']);
const ORDINAL_SIGNS: Readonly<Record<string, string>> = {
  es: '\\.?[ºª]',
  pt: '\\.?[ºª]',
  it: '[ºª°]',
  fr: 'er|re|e|ème|ᵉ',
  nl: 'e|de|ste',
};

interface Rule {
  /** Sticky. */
  readonly pattern: RegExp;
  readonly read: (match: RegExpExecArray) => Piece[];
}

/** Finds the numbers in texts of one language; how it writes them comes from the ICU data of Node. */
export class NumberReading {
  readonly #amounts: Amounts;
  readonly #rules: readonly Rule[];

  constructor(private readonly language: string) {
    const parts = new Intl.NumberFormat(language).formatToParts(1234567.8);
    const decimal = parts.find(({ type }) => type === 'decimal')?.value ?? '.';
    const group = (parts.find(({ type }) => type === 'group')?.value ?? ',').replace(/\s/, ' ');
    const groups = `[${group}\\u00a0\\u202f]`;
    const number = `(?:\\d{1,3}(?:${groups}\\d{2,3})*${groups}\\d{3}|\\d+)(?:[${decimal}]\\d+)?`;
    this.#amounts = new Amounts(language, decimal);
    this.#rules = hasNumerals(language) ? this.#makeRules(number) : [];
  }

  at(text: string, at: number): Piece[] | undefined {
    for (const rule of this.#rules) {
      const match = matchAt(rule.pattern, text, at);
      if (match !== null) return rule.read(match);
    }
    return undefined;
  }

  /** An amount of money behind a sign that the rules for English do not know. */
  moneyAt(text: string, at: number): Piece[] | undefined {
    const match = matchAt(/([¥￥₹₩₽₺₴₪₱฿₫])\s?(\d[\d,]*(?:\.\d+)?)/uy, text, at);
    return match === null ? undefined : read(match[0], this.#amounts.money(match[2] ?? '', match[1] ?? ''));
  }

  /** A version or a network address: more than one full stop. */
  versionAt(text: string, at: number): Piece[] | undefined {
    const match = matchAt(VERSION, text, at);
    return match === null ? undefined : read(match[0], this.#amounts.version(match[0]));
  }

  /** In order of precedence. */
  #makeRules(number: string): Rule[] {
    const amounts = this.#amounts;
    const { minus, to } = symbolWords(this.language);
    const byDigit = (pattern: string): Rule => ({
      pattern: new RegExp(pattern, 'uy'),
      read: ([text = '']) => digitPieces(text, this.language),
    });
    return [
      rule(`${START}(\\d{4})([-/.])${MONTH}\\2${DAY}${END}`, (_, ...[year = '', , month = '', day = '']) =>
        amounts.date(year, month, day),
      ),
      ...this.#dativeDate(),
      rule(`${START}${DAY}([./-])${MONTH}\\2(\\d{4})${END}`, (_, ...[day = '', , month = '', year = '']) =>
        amounts.date(year, month, day),
      ),
      rule(
        `${START}(\\d{1,2})[:：](\\d\\d)(?:[:：]\\d\\d)?${END}(?:\\s?(?:Uhr|uur|h)(?!\\p{L}))?`,
        (_, hour = '', minute = '') => amounts.time(hour, minute),
      ),
      rule(`${START}(\\d{1,2}) ?h ?(\\d\\d)${END}`, (_, hour = '', minute = '') =>
        amounts.time(hour, minute),
      ),
      rule(`${SIGN}\\s?(${number})${END}`, (_, sign = '', amount = '') => amounts.money(amount, sign)),
      rule(`${START}(${number})\\s?(${oneOf(CURRENCIES)})(?!\\p{L})`, (_, amount = '', sign = '') =>
        amounts.money(amount, sign),
      ),
      byDigit(`(?<![\\p{L}\\p{N}.])\\+\\d[\\d ()./-]{5,}\\d${END}`),
      byDigit(`${START}\\(?0\\d+\\)?(?:[ /-]\\d+)+${END}`),
      rule(`${START}${number}(?<=\\d[ \\u00a0\\u202f]\\d{3})${END}`, (text) => amounts.cardinal(text)),
      byDigit(`${START}\\d{2,4}(?:[ -]\\d{2,4}){2,}${END}`),
      byDigit(`${START}(?:0\\d+|\\d{7,})${END}`),
      rule(`${START}(${number})\\s?(${oneOf(UNITS)})(?!\\p{L})`, (_, amount = '', sign = '') =>
        amounts.withUnit(amount, sign),
      ),
      rule(`[%٪](${number})${END}`, (_, amount = '') => amounts.withUnit(amount, '%')),
      ...this.#ordinals(),
      rule(`${START}\\d{4}(?=年)`, (year) => amounts.year(year)),
      rule(`${START}1[1-9]\\d\\d${END}`, (year) => amounts.year(year)),
      rule(`${START}${number}${END}`, (text) => amounts.cardinal(text)),
      rule(`${START}\\d+(?:\\.\\d+){2,}${END}`, (text) => amounts.version(text)),
      rule('(?<=\\d\\s?)[-–](?=\\s?\\d)', () => to),
      rule('(?<![\\p{L}\\p{N}])[-−](?=\\d)', () => minus),
    ];
  }

  #dativeDate(): Rule[] {
    const say = (_: string, ...[day = '', month = '', year = '']: string[]) =>
      this.#amounts.date(year, month, day).replace(/^\p{L}+/u, '$&n');
    const pattern = `${DATIVE}${DAY}\\.${MONTH}\\.(\\d{4})${END}`;
    return baseLanguage(this.language) === 'de' ? [rule(pattern, say)] : [];
  }

  #ordinals(): Rule[] {
    const base = baseLanguage(this.language);
    const say = (text: string) => this.#amounts.ordinal(text);
    const before = base === 'de' ? `(?<=${BEFORE_GERMAN_ORDINAL})` : '';
    const withStop = `${START}${before}(?<!(?:^|\\n)\\s*)\\d{1,2}\\.(?=\\s${base === 'de' ? '\\p{L}' : '\\p{Ll}'})`;
    const sign = ORDINAL_SIGNS[base];
    return [
      ...(base === 'de' ? [rule(`${DATIVE}${withStop}`, (text) => `${say(text)}n`)] : []),
      ...(STOP_ORDINALS.has(base) ? [rule(withStop, say)] : []),
      ...(sign === undefined ? [] : [rule(`${START}\\d{1,4}(?:${sign})(?!\\p{L})`, say)]),
    ];
  }
}

const rule = (pattern: string, say: (text: string, ...groups: string[]) => string): Rule => ({
  pattern: new RegExp(pattern, 'uy'),
  read: ([text = '', ...groups]) =>
    read(text, say(text, ...groups.map((part) => (part as string | undefined) ?? ''))),
});

const oneOf = (table: object): string =>
  Object.keys(table)
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace('$', '\\$'))
    .join('|');
