const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = ' ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const SCALES = ['', 'thousand', 'million', 'billion', 'trillion'];
const IRREGULAR_ORDINALS = new Map(
  Object.entries({
    one: 'first',
    two: 'second',
    three: 'third',
    five: 'fifth',
    eight: 'eighth',
    nine: 'ninth',
    twelve: 'twelfth',
  }),
);

/** Each digit by its name; other characters are left out. */
export const digitWords = (text: string): string[] =>
  Array.from(text.replace(/\D/g, ''), (digit) => ONES[Number(digit)] ?? '');

/** `1,204` and `1204` are "one thousand two hundred four"; beyond the trillions digit by digit. */
export function cardinalWords(text: string): string[] {
  const digits = text.replace(/\D/g, '').replace(/^0+(?=\d)/, '');
  if (digits === '0') return ['zero'];
  if (digits.length > SCALES.length * 3) return digitWords(digits);
  const groups = digits.match(/\d{1,3}(?=(\d{3})*$)/g) ?? [];
  return groups.flatMap((group, index) => {
    const words = belowThousand(Number(group));
    const scale = SCALES[groups.length - 1 - index] ?? '';
    return words.length > 0 && scale !== '' ? [...words, scale] : words;
  });
}

/** `3.05` is "three point zero five". */
export function numberWords(text: string): string[] {
  const [whole = '', fraction] = text.split('.');
  const words = whole === '' ? [] : cardinalWords(whole);
  return fraction === undefined ? words : [...words, 'point', ...digitWords(fraction)];
}

/** `21` is "twenty first". */
export function ordinalWords(text: string): string[] {
  const words = cardinalWords(text);
  const last = words.pop() ?? '';
  return [
    ...words,
    IRREGULAR_ORDINALS.get(last) ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`),
  ];
}

/** `1984` is "nineteen eighty four", `2007` "two thousand seven", `1905` "nineteen oh five". */
export function yearWords(text: string): string[] {
  const [century, rest] = [Number(text.slice(0, 2)), Number(text.slice(2))];
  if (century % 10 === 0 && rest < 10) return cardinalWords(text);
  if (rest === 0) return [...belowThousand(century), 'hundred'];
  return [...belowThousand(century), ...(rest < 10 ? ['oh'] : []), ...belowThousand(rest)];
}

function belowThousand(value: number): string[] {
  const words = value >= 100 ? [ONES[Math.floor(value / 100)] ?? '', 'hundred'] : [];
  const rest = value % 100;
  if (rest >= 20) words.push(TENS[Math.floor(rest / 10)] ?? '');
  const one = rest < 20 ? rest : rest % 10;
  if (one > 0) words.push(ONES[one] ?? '');
  return words;
}
