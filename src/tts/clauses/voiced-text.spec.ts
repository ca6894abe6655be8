import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { voicedSpans } from './voiced-text.js';

const say = (text: string, language?: string) =>
  voicedSpans(text, language)
    .map(({ spoken }) => spoken)
    .join('');
const pairs = (text: string, language?: string) =>
  voicedSpans(text, language).map(({ source, spoken }) => [source, spoken]);

describe('voicedSpans', () => {
  it.each([
    ['**Hello** _there_, `code` ~~and~~ ***more***', 'Hello there, code and more '],
    ['a lone ** here, ** there**', 'a lone here, there '],
    ['See [our site](https://x.com "t") ![a map](m.png)[1].', 'See our site a map. '],
    ['# Title\n\nText', 'Title. Text '],
    ['# Title\nText', 'Title. Text '],
    ['- Milk\n* Eggs\n• Bread!\n- [x] Salt\n\nDone.', 'Milk. Eggs. Bread! Salt. Done. '],
    ['- Milk\n', 'Milk. '],
    ['1. Milk\n2. Eggs', 'one. Milk. two. Eggs. '],
    ['> quoted\n', 'quoted. '],
    ['| Day | Time |\n|-----|:----|\n| Mon | noon |\n', 'Day, Time. Mon, noon. '],
    ['```ts\nconst x\n```\nDone', 'const x Done '],
    ['One\n\n---\n\nTwo', 'One. Two '],
    ['<b>bold</b> &amp; <br/>A &nbsp; B &lt;', 'bold and A B '],
    ['Hi 😀 there 👩‍👩‍👧! 🎉', 'Hi there! '],
    ['done™ ≈ ok ✅ → © go', 'done ok go '],
    ['  two   words\nand more  ', 'two words and more '],
    ['my_var_name and __init__', 'my var name and init '],
    ['😀 **', ''],
    ['...', ''],
    ['', ''],
  ])('passes over Markdown, HTML and emoji: %j', (text, spoken) => {
    expect(say(text)).toBe(spoken);
  });

  it.each([
    "Don't — it’s “well-known” (yes); Dr. Smith, e.g. U.S. law: right?",
    'Ça va ? ¿Sí? ¡Claro! « Oui »',
    'C’est naïve… AT&T, Q&A, 3D, B2B, MP3, H2O, 5G, Node.js',
  ])('keeps words, case and punctuation: %s', (text) => {
    expect(say(text)).toBe(`${text} `);
  });

  it.each([
    ['iPhone 15, COVID-19, 24/7', 'iPhone fifteen, COVID nineteen, twenty four seven '],
    ['C++ and C# and/or x = 5', 'C plus plus and C sharp and or x equals five '],
    [
      'It costs $12.50, £1,000 or ¥500',
      'It costs twelve dollars and fifty cents, one thousand pounds or five hundred yen ',
    ],
    [
      '10% of 1,234.5 & -5°C',
      'ten percent of one thousand two hundred thirty four point five and minus five degrees celsius ',
    ],
    ['at 10:30 am or 9:05 p.m. today', 'at ten thirty AM or nine oh five p.m. today '],
    ['July 4th, 2026 and 2026-03-09', 'July fourth twenty twenty six and march ninth twenty twenty six '],
    ['Dec. 25 or the 2nd, in 1984', 'December twenty fifth or the second, in nineteen eighty four '],
    ['(415) 555-2671.', 'four one five, five five five, two six seven one. '],
    ['$5/month, v2 or 2.0.1', 'five dollars per month, v2 or two dot zero dot one '],
    ["the 1990s, 20's, I.e., yes", "the 1990s, 20's, I.e., yes "],
    ['4155552671 or 0123', 'four one five, five five five, two six seven one or zero one two three '],
    ['4111 1111 1111 1111', 'four one one one, one one one one, one one one one, one one one one '],
    [
      'Order AB12345, No. 5, 80kg, 5-7 days',
      'Order AB one two three four five, Number five, eighty kilograms, five to seven days ',
    ],
    ['John@example.com!', 'John at example dot com! '],
    ['https://www.example.com/help?x=1.', 'example dot com slash help. '],
    ['1️⃣ ٣', 'one three '],
  ])('reads English numbers, signs and addresses: %s', (text, spoken) => {
    expect(say(text)).toBe(spoken);
  });

  it.each([
    ['de', 'Am 3. Oktober um 10:30 Uhr', 'Am dritten Oktober um zehn Uhr dreißig '],
    [
      'de-DE',
      '12,50 €, 10 % von 1.250,5 km',
      'zwölf Euro fünfzig, zehn Prozent von eintausendzweihundertfünfzig komma fünf Kilometer ',
    ],
    [
      'de',
      'am 3.10.2025, Hauptstr. 5. Die Post',
      'am dritten Oktober zweitausendfünfundzwanzig, Hauptstr. fünf. Die Post ',
    ],
    ['es', 'n.º 5, 5 €/mes', 'n.º cinco, cinco euros por mes '],
    ['fr', 'à 18h', 'à dix-huit heures '],
    [
      'de',
      'Im Jahr 1984, 1 Euro, 03.10.2025',
      'Im Jahr neunzehnhundertvierundachtzig, ein Euro, dritte Oktober zweitausendfünfundzwanzig ',
    ],
    ['de', 'Tel. 030 1234567', 'Tel. null drei null, eins zwei drei vier fünf sechs sieben '],
    ['de', 'anna@beispiel.de & Co', 'anna ät beispiel Punkt de und Co '],
    [
      'fr',
      'À 10h30, 1 234,56 € et 25 %.',
      'À dix heures trente, mille deux cent trente-quatre euros cinquante-six et vingt-cinq pour cent. ',
    ],
    [
      'fr-FR',
      'Le 1er mars : 01 23 45 67 89 !',
      'Le premier mars : zéro un, deux trois, quatre cinq, six sept, huit neuf ! ',
    ],
    [
      'es',
      'A las 10:30, 21 km y 3,5 %',
      'A las diez treinta, veintiún kilómetros y tres punto cinco por ciento ',
    ],
    ['pt-BR', '16 horas', 'dezesseis horas '],
    ['ru', '12,50 ₽ в 10:30', 'двенадцать рублей пятьдесят в десять тридцать '],
    ['zh', '电话13812345678', '电话一三八, 一二三, 四五六, 七八 '],
    [
      'fr',
      '12 345 678 ou +33 1 23 45',
      'douze millions trois cent quarante-cinq mille six cent soixante-dix-huit ou plus trois trois, un, deux trois, quatre cinq ',
    ],
    ['zh', '2025-10-03，¥12.50，25%，3个人。', '二零二五年十月三日，十二点五元，百分之二十五，三个人。 '],
    ['ja', '10:30に3個、¥1,500です。😀どうも', '十時三十分に三個、千五百円です。どうも '],
    ['ko', '25% 10:30', '이십오퍼센트 열시삼십분 '],
    ['hi', '₹1,25,000 और २५%', 'एक लाख पच्चीस हज़ार रुपए और पच्चीस प्रतिशत '],
    ['ar', 'السعر ٢٥', 'السعر خمسة وعشرون '],
    ['tr', '%25 ve 3. gün', 'yüzde yirmi beş ve üçüncü gün '],
    ['th', '25 บาท', 'ยี่สิบห้า บาท '],
    ['sk', 'cena 25', 'cena 25 '],
    ['bg', 'в 10 часа', 'в 10 часа '],
    ['not a tag', '5', 'five '],
  ])('reads numbers in %s: %s', (language, text, spoken) => {
    expect(say(text, language)).toBe(spoken);
  });

  it.each(
    'en ja zh de hi fr ko pt it es id nl tr fil pl sv ro ar cs el fi hr ms da ta uk ru hu no vi th'.split(
      ' ',
    ),
  )('leaves no bare digit in %s', (language) => {
    expect(say('7 12 345 2026-03-09 10:30 25% €5 0049 15', language)).not.toMatch(/\d/);
  });

  it('gives one span a word, with the white space, punctuation and mark-up that belong to it', () => {
    expect(pairs('**Well**, 😀 (see "this") well-known 10%. [a](x) ')).toEqual([
      ['**Well**, 😀 ', 'Well, '],
      ['(see ', '(see '],
      ['"this") ', '"this") '],
      ['well-', 'well-'],
      ['known ', 'known '],
      ['10', 'ten '],
      ['%. ', 'percent. '],
      ['[a](x) ', 'a '],
    ]);
    expect(pairs('call 555-0123')).toEqual([
      ['call ', 'call '],
      ...[
        ['5', 'five '],
        ['5', 'five '],
        ['5-', 'five, '],
      ],
      ...[
        ['0', 'zero '],
        ['1', 'one '],
        ['2', 'two '],
        ['3', 'three '],
      ],
    ]);
    expect(pairs('你好世界。', 'zh')).toEqual([
      ['你好', '你好'],
      ['世界。', '世界。 '],
    ]);
    expect(pairs('😀')).toEqual([['😀', '']]);
    expect(pairs('')).toEqual([]);
  });

  it('joins to the source and to tidy words, whatever the text', () => {
    const token = fc.constantFrom(
      ...[
        'word',
        'Wort',
        ' ',
        ' ',
        ', ',
        '. ',
        '$',
        '5',
        '12',
        '1,000',
        '1.000,5',
        '.5',
        '-',
        '/',
        ':',
        '(415)',
        '555-2671',
      ],
      ...[
        '+',
        'July',
        'a.m.',
        'St.',
        '@',
        'x.com',
        'http://',
        '](',
        ')',
        '[',
        '**',
        '_',
        '\n',
        '\n- ',
        '\n# ',
        '| ',
        '😀',
        '°C',
      ],
      ...[
        '%',
        "o'c",
        'É',
        '’',
        '你好',
        '。',
        '3个',
        '٣',
        '10:30',
        '2025-99-99',
        '€',
        '&',
        '<b>',
        '<',
        '`',
        '\ud83d',
        'สวัสดี',
        '—',
      ],
    );
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(token, { maxLength: 15 }).map((tokens) => tokens.join('')),
    );
    const language = fc.constantFrom(
      'en',
      'de',
      'fr',
      'es',
      'zh',
      'ja',
      'ko',
      'ru',
      'hi',
      'ar',
      'th',
      'tr',
      'sk',
      'x',
    );
    fc.assert(
      fc.property(anyText, language, (text, code) => {
        const spans = voicedSpans(text, code);
        expect(spans.map(({ source }) => source).join('')).toBe(text);
        const spoken = spans.map((span) => span.spoken).join('');
        expect(spoken).toMatch(/^(?:|\S(?:.*\S)? )$/su);
        expect(spoken).not.toMatch(/\s{2}|[\n\t*`#<>|\\~^{}[\]]|\p{Extended_Pictographic}/u);
        expect(spans.every((span) => span.spoken !== '') || spans.length === 1).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
