import { digitRuns, type WrittenDigit } from './digit-words.js';

const LONGEST = 19;
const SHORTEST = 13;
/** First digits and lengths of the payment cards in use (ISO/IEC 7812; the schemes' published ranges). */
const SCHEMES: readonly RegExp[] = [
  /^4(?:\d{12}|\d{15}|\d{17,18})$/, // Visa
  /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)\d*(?<=^\d{16})$/, // Mastercard
  /^3[47]\d{13}$/, // American Express
  /^3(?:0[0-59]|[689])\d*(?<=^\d{14,19})$/, // Diners Club
  /^35(?:2[89]|[3-8])\d*(?<=^\d{16,19})$/, // JCB
  /^(?:6011|64[4-9]|65|62|60|81|82)\d*(?<=^\d{16,19})$/, // Discover, UnionPay, RuPay
  /^(?:50|5[6-9]|6)\d{11,17}$/, // Maestro
  /^220[0-4]\d{12,15}$/, // Mir
  /^9792\d{12}$/, // Troy
];

/** Puts `mask` in the place of each payment card number: right first digits and length, right check digit. */
export function maskCardNumbers(text: string, mask: string): string {
  let masked = '';
  let done = 0;
  for (const run of digitRuns(text))
    for (const { start, end } of cardsIn(run)) {
      if (start < done) continue;
      masked += text.slice(done, start) + mask;
      done = end;
    }
  return masked + text.slice(done);
}

function* cardsIn(run: readonly WrittenDigit[]): Generator<{ start: number; end: number }> {
  const digits = run.map(({ digit }) => digit).join('');
  for (let at = 0; at + SHORTEST <= digits.length; at++) {
    const length = cardLength(digits.slice(at, at + LONGEST));
    if (length === 0) continue;
    const [first, last] = [run[at], run[at + length - 1]];
    if (first !== undefined && last !== undefined) yield { start: first.start, end: last.end };
    at += length - 1;
  }
}

/** @returns length of the longest card number that the digits begin with; 0: they begin with none */
function cardLength(digits: string): number {
  for (let length = digits.length; length >= SHORTEST; length--) {
    const number = digits.slice(0, length);
    if (SCHEMES.some((scheme) => scheme.test(number)) && hasCheckDigit(number)) return length;
  }
  return 0;
}

/** The Luhn sum (ISO/IEC 7812-1, annex B). */
function hasCheckDigit(number: string): boolean {
  let sum = 0;
  for (let place = 0; place < number.length; place++) {
    const digit = Number(number[number.length - 1 - place]);
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
