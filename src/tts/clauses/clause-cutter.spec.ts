import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lastValueFrom, of, throwError, concat, toArray, materialize } from 'rxjs';
import { ClauseCutter, type ClauseOptions, intoClauses } from './clause-cutter.js';

/** As the offline voice cuts. */
const SHORT: ClauseOptions = { firstClause: 12, firstLongest: 240, laterClause: 40, longest: 240 };

const pushAll = (pieces: Iterable<string>, options?: ClauseOptions): string[] => {
  const cutter = new ClauseCutter(options);
  return Array.from(pieces).flatMap((piece) => cutter.push(piece));
};
const cut = (pieces: Iterable<string>, options?: ClauseOptions): string[] => {
  const cutter = new ClauseCutter(options);
  return Array.from(pieces)
    .flatMap((piece) => cutter.push(piece))
    .concat(cutter.flush());
};

describe('ClauseCutter', () => {
  it('cuts at the ends of sentences, and at commas once the clause is long enough', () => {
    expect(
      cut(['Yes. Of course! I can, if you want, look for your order in the list, or not.'], SHORT),
    ).toEqual(['Yes. ', 'Of course! ', 'I can, if you want, look for your order in the list, ', 'or not.']);
    expect(cut(['Thank you for calling, my friend.'], SHORT)).toEqual([
      'Thank you for calling, ',
      'my friend.',
    ]);
  });

  it('cuts later clauses at the ends of sentences only, unless told otherwise', () => {
    expect(
      cut(['Yes, I can do that for you, of course. Wait, I look, and look, and look for it, or not.']),
    ).toEqual([
      'Yes, I can do that for you, ',
      'of course. ',
      'Wait, I look, and look, and look for it, or not.',
    ]);
  });

  it('ends a sentence beyond 120 characters at a comma, semicolon, colon or dash', () => {
    const start = `It ${'very '.repeat(25)}`;
    for (const mark of [', ', '; ', ': ', ' - ', ' – ', ' — ', '—'])
      expect(cut([`Yes. ${start}long${mark}and more words`])).toEqual([
        'Yes. ',
        `${start}long${mark}`,
        'and more words',
      ]);
  });

  it('cuts the first clause between words when no mark comes within 60 characters', () => {
    expect(cut(['I would be happy to help you with that order today my friend and we can go on'])).toEqual([
      'I would be happy to help you with that order today my ',
      'friend and we can go on',
    ]);
  });

  it.each([
    'Dr. Smith and Mrs. Jones vs. J. Doe',
    'It costs 3.50 or 1,000 at 10:30 p.m. sharp',
    'See www.example.com/a,b or jo.doe@acme.io now',
    'Rule No. 5 e.g. this',
    'Use Node.js, as J. R. R. Tolkien did',
    'https://example.com/?q=1&r=a.B!c:d and on',
    'See approx. five etc. of U.S. Steel Inc. there',
  ])('leaves numbers, abbreviations and addresses whole: %s', (text) => {
    expect(cut([text], SHORT).filter((clause) => !/[,] $/.test(clause)).length).toBe(1);
    expect(cut(text, { firstLongest: 240, firstClause: 100 })).toEqual([text]);
  });

  it.each([
    ['de-DE', 'Am 3. Oktober kommt Hr. Dr. Ott, d. h. um 10:30 Uhr, z. B. mit Fr. Abt'],
    ['de', 'Das kostet ca. 1.250,50 Euro inkl. MwSt. usw. bei Nr. 5'],
    ['fr', 'Voici M. Dupont et Mme. Petit'],
    ['es-MX', 'La Sra. López y el Sr. Gil, p. ej. los EE. UU. hoy'],
    ['it', 'Il Sig. Rossi e la Dott. Bianchi'],
    ['nl', 'Dhr. Jansen, bijv. om 10.30 uur'],
    ['pl', 'Spotkanie np. z prof. Nowakiem o godz. 10'],
    ['ru', 'Это стоит 5 тыс. руб. и т. д. на ул. Ленина'],
    ['hi', 'डॉ. शर्मा यहाँ'],
  ])('leaves abbreviations of other languages whole: %s %s', (language, text) => {
    expect(cut(text, { language, firstLongest: 240, firstClause: 100 })).toEqual([text]);
  });

  it.each([
    ['zh', '你好!我是助手。他说:“好。”然后走了?', ['你好!', '我是助手。', '他说:“好。”', '然后走了?']],
    ['zh', '现在的价格是3.5元,共1,000元。好', ['现在的价格是3.5元,', '共1,000元。', '好']],
    ['ja', 'はい、ご予約ですね。お名前は?', ['はい、ご予約ですね。', 'お名前は?']],
    ['ar', 'مرحبا كيف حالك؟ أنا بخير.', ['مرحبا كيف حالك؟ ', 'أنا بخير.']],
    ['hi', 'नमस्ते। आप कैसे हैं? ठीक', ['नमस्ते। ', 'आप कैसे हैं? ', 'ठीक']],
    ['el', 'Τι κάνεις; Καλά.', ['Τι κάνεις; ', 'Καλά.']],
    ['fr', 'Bonjour ! Vraiment ? « Oui. » Bien.', ['Bonjour ! ', 'Vraiment ? ', '« Oui. » ', 'Bien.']],
    ['de', 'Hier ist Hauptstr. 5. Das ist am 3. Mai.', ['Hier ist Hauptstr. 5. ', 'Das ist am 3. Mai.']],
    ['de', 'Er ging. »Ja«, sagte sie.', ['Er ging. ', '»Ja«, sagte sie.']],
    [
      'en',
      '"Really?" Yes… Maybe. (Or **not.**) 😀 Fine.',
      ['"Really?" ', 'Yes… ', 'Maybe. ', '(Or **not.**) ', '😀 Fine.'],
    ],
    ['no-such-language!', 'One. Two.', ['One. ', 'Two.']],
  ])('knows the marks of %s: %s', (language, text, clauses) => {
    expect(cut(text, { language })).toEqual(clauses);
  });

  it.each([
    ['zh', '今天天气非常好我们一起去公园散步然后去吃饭最后回家看电视怎么样你觉得好不好'],
    ['ja', '本日はお電話いただきありがとうございますご予約の変更についてお手伝いいたします'],
    ['th', 'สวัสดีครับยินดีต้อนรับสู่บริการของเราวันนี้มีอะไรให้ช่วยไหมครับกรุณาบอกชื่อและหมายเลขโทรศัพท์ของคุณ'],
  ])('cuts a text without white space and punctuation between words: %s', (language, text) => {
    const clauses = cut(text, { language });
    const words = new Intl.Segmenter(language, { granularity: 'word' }).segment(text);
    expect(clauses.length).toBeGreaterThan(1);
    expect(clauses[0]!.length).toBeLessThanOrEqual(language === 'th' ? 60 : 20);
    expect(words.containing(clauses[0]!.length)?.index).toBe(clauses[0]!.length);
  });

  it('cuts before list items and at blank lines, not at line ends within a sentence', () => {
    expect(cut('Items:\n1. Milk\n2. Eggs\n\nThat is\nall')).toEqual([
      'Items:\n',
      '1. Milk\n',
      '2. Eggs\n\n',
      'That is\nall',
    ]);
    expect(cut('# Menu\nWe have\n- soup\n- bread\nEnjoy')).toEqual([
      '# Menu\n',
      'We have\n',
      '- soup\n',
      '- bread\n',
      'Enjoy',
    ]);
  });

  it('gives a clause as soon as the next one begins', () => {
    const cutter = new ClauseCutter();
    expect(cutter.push('Hello there.')).toEqual([]);
    expect(cutter.push(' ')).toEqual([]);
    expect(cutter.push('H')).toEqual(['Hello there. ']);
    expect(cutter.flush()).toEqual(['H']);
    expect(cutter.flush()).toEqual([]);
  });

  it('goes on after a flush, as when the text pauses', () => {
    const cutter = new ClauseCutter();
    expect(cutter.push('One moment.')).toEqual([]);
    expect(cutter.flush()).toEqual(['One moment.']);
    expect(cutter.push(' Here it is. A')).toEqual([' Here it is. ']);
  });

  it('cuts a long text without punctuation between words', () => {
    for (const options of [SHORT, {}]) {
      const clauses = cut(['never ending '.repeat(60)], options);
      expect(clauses.length).toBeGreaterThan(2);
      expect(clauses.every((clause) => clause.length <= 240 && clause.endsWith(' '))).toBe(true);
    }
  });

  it('cuts no clause without a word in it', () => {
    expect(cut('... 😀! **\n\nHello. Bye')).toEqual(['... 😀! **\n\nHello. ', 'Bye']);
  });
});

/** Nothing of these may be cut. */
const ATOMS = [
  ...[
    'Dr. Smith',
    'e.g. this',
    'i.e. that',
    'Mr. J. R. Ewing',
    'No. 5',
    'U.S. law',
    'Prof. Lee',
    'vs. them',
    'etc. and',
  ],
  ...['3.5', '1,000', '10:30', '1,234.56', '$2.50', 'v1.2.3', '2026-03-09', '24/7', '10 000', '555 0123'],
  ...[
    'https://example.com/a?b=c.d',
    'www.example.com',
    'jo.doe@acme.io',
    'example.com',
    'Node.js',
    'a,b',
    'x?y',
  ],
  ...['well-known', "don't", 'AT&T', 'C++', '3D', 'naïve', 'straße', 'дом', '你好', 'สวัสดี', '👩‍👩‍👧', '𝐚𝐛'],
];
const BETWEEN = [
  ' ',
  ' ',
  ' ',
  ', ',
  '. ',
  '? ',
  '! ',
  '; ',
  ': ',
  ' - ',
  '… ',
  '\n',
  '\n\n',
  '\n- ',
  '\n1. ',
  '. The ',
  '."',
  '.) ',
  '。',
  ',',
  '** ',
];
const someText = fc
  .array(fc.tuple(fc.constantFrom(...ATOMS, 'word', 'another', 'The', 'I'), fc.constantFrom(...BETWEEN)), {
    maxLength: 40,
  })
  .map((parts) => parts.flat());
const language = fc.constantFrom('en', 'de', 'fr', 'es', 'zh', 'ja', 'th', 'ar', 'hi', 'el', 'ru');

/** A text in pieces: also single characters and halves of surrogate pairs. */
const inPieces = (text: string, sizes: readonly number[]): string[] => {
  const pieces: string[] = [];
  for (let at = 0, index = 0; at < text.length; index++) {
    const size = sizes.length === 0 ? text.length : sizes[index % sizes.length]!;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
};
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 });

describe('ClauseCutter, whatever the text', () => {
  it('loses nothing, and cuts alike however the text arrives', () => {
    const anyText = fc.oneof(
      someText.map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 300 }),
    );
    fc.assert(
      fc.property(anyText, sizes, language, fc.boolean(), (text, pieceSizes, code, isShort) => {
        const options = { ...(isShort ? SHORT : {}), language: code };
        const pieces = inPieces(text, pieceSizes);
        expect(cut(pieces, options).join('')).toBe(text);
        expect(pushAll(pieces, options)).toEqual(pushAll([text], options));
      }),
      { numRuns: 1000 },
    );
  });

  it('never cuts inside a word, number, abbreviation or address', () => {
    fc.assert(
      fc.property(someText, fc.boolean(), (parts, isShort) => {
        const ends = new Set<number>();
        let end = 0;
        for (const clause of pushAll([parts.join('')], isShort ? SHORT : {}))
          ends.add((end += clause.length));
        let at = 0;
        for (const part of parts) {
          const isAtom = ATOMS.includes(part);
          for (let inside = at + 1; isAtom && inside < at + part.length; inside++)
            expect({ part, text: parts.join(''), isCut: ends.has(inside) }).toEqual({
              part,
              text: parts.join(''),
              isCut: false,
            });
          at += part.length;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('gives every sentence with the character after its white space', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('Well now. ', 'Is it so? ', 'Oh no! ', 'Dr. Lee, it is 3.5 e.g. here.\n\n')),
        (sentences) => {
          const cutter = new ClauseCutter();
          sentences.forEach((sentence, index) => {
            const [first = '', ...rest] = Array.from(sentence);
            expect(cutter.push(first)).toEqual(index === 0 ? [] : [sentences[index - 1]]);
            expect(rest.flatMap((character) => cutter.push(character))).toEqual([]);
          });
        },
      ),
    );
  });
});

describe('intoClauses', () => {
  it('gives what is left at the end, and nothing more after an error', async () => {
    const error = new Error('model');
    expect(await lastValueFrom(intoClauses(of('One. T', 'wo')).pipe(toArray()))).toEqual(['One. ', 'Two']);
    const events = await lastValueFrom(
      intoClauses(
        concat(
          of('One. Tw'),
          throwError(() => error),
        ),
      ).pipe(materialize(), toArray()),
    );
    expect(events).toMatchObject([
      { kind: 'N', value: 'One. ' },
      { kind: 'E', error },
    ]);
  });
});
