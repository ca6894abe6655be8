import { addressAt } from './addresses.js';
import { isUnspaced, skip } from './characters.js';
import { englishAt } from './english-reading.js';
import { markupAt } from './markup.js';
import { NumberReading } from './number-reading.js';
import { asciiDigits, digits, hasNumerals } from './numerals.js';
import { gap, matchAt, type Piece, read, word } from './pieces.js';
import { baseLanguage, segmenter } from './segmenters.js';
import { SpanBuilder, type VoicedSpan } from './span-builder.js';
import { symbolWords } from './symbol-words.js';

export type { VoicedSpan } from './span-builder.js';

/** Letters, marks and digits; inside also apostrophes, underscores, full stops and `&`. */
const SPACED =
  '(?![\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}])';
const WORD = new RegExp(
  `[\\p{L}\\p{N}](?:${SPACED}[\\p{L}\\p{M}\\p{N}\\u200c\\u200d]|['’_&](?=[\\p{L}\\p{N}])|` +
    `(?<=\\p{L}\\p{M}*)[.·](?=${SPACED}\\p{L}))*(?:\\+\\+|#(?![\\p{L}\\p{N}]))?`,
  'uy',
);
/** Punctuation that a voice makes use of. */
const PUNCTUATION = /(?![|/\\])[\p{Terminal_Punctuation}\p{Pi}\p{Pf}\p{Dash}…⋯"'()¿¡„（）「」『』《》·]/u;
const SIGNS = { '&': 'and', '+': 'plus', '=': 'equals', '@': 'at' } as const;

const PER: Readonly<Record<string, string>> = {
  ...{
    en: 'per',
    de: 'pro',
    fr: 'par',
    es: 'por',
    pt: 'por',
    it: 'per',
    nl: 'per',
    sv: 'per',
    da: 'per',
    no: 'per',
  },
};

const readings = new Map<string, NumberReading>();

/**
 * Makes a clause speakable: mark-up and emoji go, numbers and addresses become words, words stay as written.
 * @param language BCP 47 language tag
 */
export function voicedSpans(text: string, language = 'en'): VoicedSpan[] {
  const known = knownLanguage(language);
  const latin = asciiDigits(text);
  const spans = new SpanBuilder(known);
  for (let at = 0; at < text.length;) {
    for (const piece of piecesAt(latin, at, known)) {
      // In the text itself the digits may be those of another script.
      const source = text.slice(at, at + piece.source.length);
      spans.add({ ...piece, source });
      at += source.length;
    }
  }
  return spans.finish();
}

function knownLanguage(language: string): string {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? 'en';
  } catch {
    return 'en';
  }
}

function piecesAt(text: string, at: number, language: string): readonly Piece[] {
  const markup = markupAt(text, at);
  if (markup !== undefined) return [markup];
  if (text.startsWith('&amp;', at)) return read('&amp;', symbolWords(language).and);
  const reading = addressAt(text, at, language) ?? numbersAt(text, at, language);
  if (reading !== undefined) return reading;
  const first = text.charAt(at);
  if (isUnspaced(first)) return unspacedWords(text.slice(at, skip(text, at, isUnspaced)), language);
  const written = matchAt(WORD, text, at)?.[0];
  if (written !== undefined) return [...wordPieces(written, language)];
  return [signAt(text, at, language)];
}

function numbersAt(text: string, at: number, language: string): readonly Piece[] | undefined {
  if (baseLanguage(language) !== 'en') return readingOf(language).at(text, at);
  const reading = readingOf(language);
  return reading.moneyAt(text, at) ?? reading.versionAt(text, at) ?? englishAt(text, at);
}

function readingOf(language: string): NumberReading {
  let reading = readings.get(language);
  if (reading === undefined) {
    reading = new NumberReading(language);
    readings.set(language, reading);
  }
  return reading;
}

const unspacedWords = (text: string, language: string): Piece[] =>
  Array.from(segmenter(language, 'word').segment(text), ({ segment }) => word(segment));

/** A name such as B2B stays as it is; the digits of a longer code are said one by one. */
function wordPieces(source: string, language: string): Piece[] {
  const plus = symbolWords(language).plus;
  // Letters of a fancy alphabet, or of double width.
  const plain = /[\u{10000}-\u{10ffff}\uff00-\uffef]/u.test(source) ? source.normalize('NFKC') : source;
  const spoken = plain.replaceAll('_', ' ').replace(/\+\+$/, ` ${plus} ${plus}`).replace(/#$/, ' sharp');
  if (!/\p{L}/u.test(spoken) || !/\d{4}/.test(spoken) || /^\d+['’]?s$/.test(spoken) || !hasNumerals(language))
    return [word(source, spoken)];
  return read(
    source,
    spoken.replace(/\d{4,}/g, (code) => ` ${digits(code, language).join(' ')} `).replace(/ +/g, ' '),
  );
}

function signAt(text: string, at: number, language: string): Piece {
  const sign = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (/\s/.test(sign)) return gap(sign, ' ');
  if (PUNCTUATION.test(sign)) return gap(sign, sign);
  if (sign === '/') return slash(text, at, language);
  if (isKey(sign) && /(?:^|\s)$/.test(text.slice(0, at)) && /^\s/.test(text.slice(at + 1)))
    return read(sign, symbolWords(language)[SIGNS[sign]])[0] ?? gap(sign);
  return gap(sign);
}

/** `$5/month`; otherwise it stands between alternatives. */
function slash(text: string, at: number, language: string): Piece {
  const per = PER[baseLanguage(language)];
  const isRate = /[\p{Nd}\p{Sc}]/u.test(text.charAt(at - 1)) && /\p{L}/u.test(text.charAt(at + 1));
  return per !== undefined && isRate ? { ...word('/', per), isRead: true } : gap('/', ' ');
}

const isKey = (sign: string): sign is keyof typeof SIGNS => Object.hasOwn(SIGNS, sign);
