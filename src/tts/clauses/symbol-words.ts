import { baseLanguage } from './segmenters.js';

/** How signs are said. */
export interface SymbolWords {
  readonly at: string;
  readonly dot: string;
  readonly slash: string;
  readonly dash: string;
  readonly underscore: string;
  readonly and: string;
  readonly plus: string;
  readonly minus: string;
  readonly equals: string;
  /** Between the ends of a range. */
  readonly to: string;
}

const symbols = (text: string): SymbolWords => {
  const [
    at = '',
    dot = '',
    slash = '',
    dash = '',
    underscore = '',
    and = '',
    plus = '',
    minus = '',
    equals = '',
    to = '',
  ] = text.split(', ');
  return { at, dot, slash, dash, underscore, and, plus, minus, equals, to };
};

const ENGLISH = symbols('at, dot, slash, dash, underscore, and, plus, minus, equals, to');

const WORDS: Readonly<Record<string, SymbolWords>> = {
  en: ENGLISH,
  de: symbols('ät, Punkt, Schrägstrich, Bindestrich, Unterstrich, und, plus, minus, gleich, bis'),
  fr: symbols('arobase, point, barre oblique, tiret, tiret bas, et, plus, moins, égale, à'),
  es: symbols('arroba, punto, barra, guion, guion bajo, y, más, menos, igual a, a'),
  pt: symbols('arroba, ponto, barra, hífen, sublinhado, e, mais, menos, igual a, a'),
  it: symbols('chiocciola, punto, barra, trattino, trattino basso, e, più, meno, uguale, a'),
  nl: symbols('apenstaartje, punt, schuine streep, streepje, laag streepje, en, plus, min, is, tot'),
  pl: symbols('małpa, kropka, ukośnik, myślnik, podkreślenie, i, plus, minus, równa się, do'),
  sv: symbols('snabel-a, punkt, snedstreck, bindestreck, understreck, och, plus, minus, lika med, till'),
  da: symbols('snabel-a, punktum, skråstreg, bindestreg, understreg, og, plus, minus, lig med, til'),
  no: symbols('krøllalfa, punktum, skråstrek, bindestrek, understrek, og, pluss, minus, lik, til'),
  fi: symbols('ät, piste, kauttaviiva, viiva, alaviiva, ja, plus, miinus, on, viiva'),
  cs: symbols('zavináč, tečka, lomítko, pomlčka, podtržítko, a, plus, minus, rovná se, až'),
  sk: symbols('zavináč, bodka, lomka, pomlčka, podčiarkovník, a, plus, mínus, rovná sa, až'),
  hr: symbols('et, točka, kosa crta, crtica, donja crta, i, plus, minus, jednako, do'),
  ro: symbols('arond, punct, slash, cratimă, underscore, și, plus, minus, egal, până la'),
  hu: symbols('kukac, pont, perjel, kötőjel, aláhúzás, és, plusz, mínusz, egyenlő, -'),
  tr: symbols('et, nokta, eğik çizgi, tire, alt çizgi, ve, artı, eksi, eşittir, ile'),
  ru: symbols('собака, точка, слэш, дефис, нижнее подчёркивание, и, плюс, минус, равно, до'),
  uk: symbols('собачка, крапка, слеш, дефіс, підкреслення, і, плюс, мінус, дорівнює, до'),
  bg: symbols('маймунско а, точка, наклонена черта, тире, долна черта, и, плюс, минус, равно, до'),
  el: symbols('παπάκι, τελεία, κάθετος, παύλα, κάτω παύλα, και, συν, μείον, ίσον, έως'),
  id: symbols('at, titik, garis miring, strip, garis bawah, dan, plus, minus, sama dengan, sampai'),
  ms: symbols('alias, titik, garis miring, sengkang, garis bawah, dan, tambah, tolak, sama dengan, hingga'),
  vi: symbols('a còng, chấm, gạch chéo, gạch ngang, gạch dưới, và, cộng, âm, bằng, đến'),
  ja: symbols(
    'アットマーク, ドット, スラッシュ, ハイフン, アンダーバー, アンド, プラス, マイナス, イコール, から',
  ),
  zh: symbols('艾特, 点, 斜杠, 杠, 下划线, 和, 加, 负, 等于, 到'),
  ko: symbols('골뱅이, 점, 슬래시, 하이픈, 밑줄, 앤드, 플러스, 마이너스, 는, 에서'),
  hi: symbols('ऐट, डॉट, स्लैश, डैश, अंडरस्कोर, और, प्लस, माइनस, बराबर, से'),
  ar: symbols('آت, نقطة, شرطة مائلة, شرطة, شرطة سفلية, و, زائد, ناقص, يساوي, إلى'),
};

/** English where a language's own words are not known. */
export function symbolWords(language: string): SymbolWords {
  const base = baseLanguage(language);
  return WORDS[base === 'nb' || base === 'nn' ? 'no' : base] ?? ENGLISH;
}
