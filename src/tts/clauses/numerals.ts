import * as ar from 'n2words/ar-SA';
import * as cs from 'n2words/cs-CZ';
import * as da from 'n2words/da-DK';
import * as de from 'n2words/de-DE';
import * as el from 'n2words/el-GR';
import * as en from 'n2words/en-US';
import * as es from 'n2words/es-ES';
import * as fi from 'n2words/fi-FI';
import * as fil from 'n2words/fil-PH';
import * as fr from 'n2words/fr-FR';
import * as hi from 'n2words/hi-IN';
import * as hr from 'n2words/hr-HR';
import * as hu from 'n2words/hu-HU';
import * as id from 'n2words/id-ID';
import * as it from 'n2words/it-IT';
import * as ja from 'n2words/ja-JP';
import * as ko from 'n2words/ko-KR';
import * as ms from 'n2words/ms-MY';
import * as no from 'n2words/nb-NO';
import * as nl from 'n2words/nl-NL';
import * as pl from 'n2words/pl-PL';
import * as pt from 'n2words/pt-PT';
import * as ro from 'n2words/ro-RO';
import * as ru from 'n2words/ru-RU';
import * as sv from 'n2words/sv-SE';
import * as ta from 'n2words/ta-IN';
import * as th from 'n2words/th-TH';
import * as tr from 'n2words/tr-TR';
import * as uk from 'n2words/uk-UA';
import * as vi from 'n2words/vi-VN';
import * as zh from 'n2words/zh-Hans-CN';
import { baseLanguage } from './segmenters.js';

interface Numerals {
  toCardinal(value: string): string;
  toOrdinal(value: string): string;
}

/** Everyday numerals, not those of a cheque. */
const everydayChinese: Numerals = {
  toCardinal: (value) => zh.toCardinal(value, { formal: false }).replace(/^一十/, '十'),
  toOrdinal: (value) => zh.toOrdinal(value, { formal: false }),
};
const NUMERALS: Readonly<Record<string, Numerals>> = {
  ...{
    ar,
    cs,
    da,
    de,
    el,
    en,
    es,
    fi,
    fil,
    fr,
    hi,
    hr,
    hu,
    id,
    it,
    ja,
    ko,
    ms,
    nl,
    no,
    pl,
    pt,
    ro,
    ru,
    sv,
    ta,
  },
  ...{ th, tr, uk, vi, nb: no, nn: no, tl: fil, zh: everydayChinese },
};
const BRAZILIAN: Readonly<Record<string, string>> = {
  dezasseis: 'dezesseis',
  dezassete: 'dezessete',
  dezanove: 'dezenove',
};

const numeralsOf = (language: string): Numerals | undefined => NUMERALS[baseLanguage(language)];

/** Whether there are words for numbers in a language. */
export const hasNumerals = (language: string): boolean => numeralsOf(language) !== undefined;

/**
 * @param value ASCII digits, with a full stop before decimals
 * @returns the value itself in a language without numerals
 */
export function cardinal(value: string, language: string): string {
  const words = numeralsOf(language)?.toCardinal(value) ?? value;
  return language.toLowerCase() === 'pt-br'
    ? words.replace(/deza(?:sseis|ssete|nove)/g, (word) => BRAZILIAN[word] ?? word)
    : words;
}

export const ordinal = (value: string, language: string): string =>
  Number(value) > 0 ? (numeralsOf(language)?.toOrdinal(value) ?? value) : cardinal(value, language);

/** Each digit by its name; other characters are left out. */
export const digits = (text: string, language: string): string[] =>
  Array.from(text.replace(/\D/g, ''), (digit) => cardinal(digit, language));

const ZEROS = [0x660, 0x6f0, 0x966, 0x9e6, 0xbe6, 0xe50, 0xff10];

/** Digits of other scripts as ASCII digits; the length stays. */
export const asciiDigits = (text: string): string =>
  text.replace(/(?![0-9])\p{Nd}/gu, (digit) => {
    const code = digit.charCodeAt(0);
    const zero = ZEROS.find((start) => code >= start && code < start + 10);
    return zero === undefined ? digit : String(code - zero);
  });
