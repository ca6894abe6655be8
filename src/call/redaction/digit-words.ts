import { asciiDigits, digits } from '../../tts/clauses/numerals.js';

const LANGUAGES =
  'en de fr es it pt nl sv no da fi pl cs hr ro hu el tr ru uk ar hi ta id ms fil vi ko ja zh'.split(' ');
/** Names that are used beside the numeral: of one gender, of one region, or over the telephone. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ...{ oh: '0', o: '0', nought: '0', ought: '0', nil: '0' },
  ...{ zwo: '2', eine: '1', ein: '1', une: '1', una: '1', uno: '1', uma: '1', duas: '2', meia: '6' },
};
/** Say the digit that follows more than once. */
const REPEATS: Readonly<Record<string, number>> = { double: 2, triple: 3 };
const IDEOGRAPHS = '〇一二三四五六七八九';

const normal = (word: string): string => word.normalize('NFC').toLowerCase();

const NAMES: ReadonlyMap<string, string> = new Map([
  ...LANGUAGES.toReversed().flatMap((language) =>
    digits('0123456789', language).map((name, digit) => [normal(name), String(digit)] as const),
  ),
  ...Object.entries(OTHER_NAMES),
]);

/** A digit of a text, and where whatever stands for it lies. */
export interface WrittenDigit {
  readonly digit: string;
  readonly start: number;
  readonly end: number;
}

/** What may stand between two digits of one number. */
const BETWEEN = /^[\s.,;:_*()|/\-‐-―]{0,4}$/u;
const TOKEN = /\p{Nd}|[〇零一二三四五六七八九]|[\p{L}\p{M}]+/gu;

/** The runs of digits in a text, as numerals of any script or as words of thirty languages. */
export function* digitRuns(text: string): Generator<WrittenDigit[]> {
  let run: WrittenDigit[] = [];
  let repeat: { readonly times: number; readonly start: number } | undefined;
  let last = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const end = index + token.length;
    const joined = BETWEEN.test(text.slice(last, index));
    last = end;
    const times = REPEATS[normal(token)];
    const digit = times === undefined ? digitOf(token) : undefined;
    if (!joined || (times === undefined && digit === undefined)) {
      if (run.length > 0) yield run;
      run = [];
      repeat = undefined;
    }
    if (times !== undefined) repeat = { times, start: index };
    if (digit === undefined) continue;
    const start = repeat?.start ?? index;
    for (let left = repeat?.times ?? 1; left > 0; left--) run.push({ digit, start, end });
    repeat = undefined;
  }
  if (run.length > 0) yield run;
}

function digitOf(token: string): string | undefined {
  const ascii = asciiDigits(token);
  if (/^[0-9]$/.test(ascii)) return ascii;
  const ideograph = token === '零' ? 0 : IDEOGRAPHS.indexOf(token);
  return ideograph >= 0 ? String(ideograph) : NAMES.get(normal(token));
}
