import { ABBREVIATIONS, ABBREVIATIONS_OF_NUMBERS } from '../offline/abbreviations.js';

const list = (text: string): readonly string[] => text.split(' ');

/** Written with a full stop in many languages; in lower case, as all of these. */
const COMMON = list('dr. prof. mr. mrs. ms. sr. jr. st. tel. vs. etc. ca. cf. vol. ph.d.');

/** By language: what is written with a full stop and seldom ends a sentence. Single letters need no entry. */
const OF_LANGUAGE: Readonly<Record<string, readonly string[]>> = {
  en: [...ABBREVIATIONS.keys(), ...COMMON, ...list('mt. ft. gov. sen. rep. hon. pres. messrs. al.')],
  de: list(
    'hr. hrn. fr. frl. bzw. ggf. evtl. inkl. exkl. zzgl. abzgl. usw. vgl. bspw. sog. ca. nr. tel. str. st. abs. art. ' +
      'bd. max. min. mio. mrd. mind. std. jan. feb. febr. apr. aug. sept. okt. nov. dez. geb. gest. dipl. ing. med. ' +
      'phil. jur. mag. bzgl. einschl. lt. gem. bez. vorm. nachm. allg.',
  ),
  fr: list(
    'mme. mlle. mm. me. mgr. ex. env. av. bd. boul. janv. févr. avr. juil. sept. oct. nov. déc. p.ex. c.-à-d. no.',
  ),
  es: list(
    'sra. sres. sras. srta. d. dña. dra. dres. profa. ud. uds. vd. vds. ej. ee. uu. núm. nro. pág. págs. av. avda. ' +
      'depto. dpto. tlf. tfno. aprox. art. cap. cía. lic. ing. c.p. máx. mín. ene. abr. ago. dic.',
  ),
  pt: list(
    'sra. srs. sras. dra. profa. exmo. exma. av. núm. nº. pág. ed. ltda. aprox. art. tel. eng. máx. mín.',
  ),
  it: list(
    'sig. sigg. dott. ing. avv. geom. rag. arch. on. egr. gent. ecc. es. pag. pagg. art. tel. sig.ra. sig.na. dott.ssa. prof.ssa. s.p.a. s.r.l.',
  ),
  nl: list(
    'dhr. mevr. mw. drs. ir. mr. bijv. bv. enz. nr. jl. evt. excl. incl. max. min. o.a. t.a.v. m.b.t. resp. ong. tel.',
  ),
  sv: list('nr. kl. bl.a. t.ex. d.v.s. osv. m.m. f.d. s.k. ev. max. min. ung. tel.'),
  da: list('nr. kl. bl.a. f.eks. dvs. osv. m.m. hr. fr. evt. ca. maks. min. tlf. stk.'),
  no: list('nr. kl. bl.a. f.eks. dvs. osv. m.m. hr. fr. evt. ca. maks. min. tlf. stk.'),
  fi: list('esim. ym. yms. jne. nro. klo. puh. ks. vrt. mm. eli. n. os. s.'),
  pl: list(
    'np. m.in. tzn. tzw. itd. itp. nr. ul. al. pl. os. godz. tel. prof. inż. mgr. hab. św. ok. tys. mln. mld. zł. gr. r. w. por. im.',
  ),
  cs: list(
    'např. tj. tzn. tzv. atd. apod. č. ul. nám. tel. ing. mgr. bc. mudr. judr. sv. cca. tis. mil. mld. hod. min. str. př.',
  ),
  sk: list(
    'napr. tj. tzn. tzv. atď. č. ul. nám. tel. ing. mgr. bc. mudr. judr. sv. cca. tis. mil. mld. hod. min. str.',
  ),
  hr: list('npr. tj. tzv. itd. br. ul. tel. g. gđa. gđica. sv. mil. mlrd. sl. str. dipl. ing.'),
  ro: list('dl. dna. d-na. d-l. dvs. nr. str. bd. tel. etc. ex. aprox. art. pag.'),
  hu: list('pl. ill. stb. kb. ún. dr. ifj. id. u. krt. tel. ker. sz. old. vö. kft. zrt. nyrt. bt.'),
  tr: list('sn. bay. doç. av. cad. sok. mah. apt. no. tel. örn. vb. vs. bkz. yy. alb. yrd.'),
  ru: list(
    'т.е. т.д. т.п. др. пр. г. гг. ул. д. кв. стр. руб. коп. тыс. млн. млрд. тел. им. см. напр. проф. акад. м. мин. сек. р. обл. просп. пл. св.',
  ),
  uk: list(
    'т.д. т.п. та ін. ін. вул. буд. кв. стор. грн. коп. тис. млн. млрд. тел. ім. див. напр. проф. акад. хв. сек. обл. просп. св. р. рр. м.',
  ),
  bg: list('т.е. т.н. др. г. ул. бул. лв. ст. тел. проф. инж. напр. хил. млн. млрд. бр. стр. вж. гр. св.'),
  el: list('κ. κα. κος. π.χ. κ.λπ. κ.ά. δηλ. τηλ. αρ. οδ. λεωφ. σελ. περ. χιλ. εκατ. δρ. καθ. μ.μ. π.μ.'),
  hi: list('डॉ. श्री. प्रो. रु. कि.मी. उदा. सं.'),
  ar: list('د. أ. م. ص. هـ.'),
  vi: list('tp. ths. ts. gs. pgs. bs. ks. đt. q. p.'),
  id: list('dr. ir. drs. dra. h. hj. jl. no. tlp. rp. dll. dsb. dst. yth. bpk. sdr. kab. kec. pt. cv.'),
  ms: list('dr. en. pn. jln. no. tel. rm. dll. dsb. sdn. bhd. yb.'),
  fil: list('g. gng. bb. dr. dra. no. blg. tel. st. atbp.'),
};

/** Their ordinal numbers are written with a full stop: `am 3. Oktober`. */
/** German nouns are capitalised: there a number with a full stop is an ordinal behind one of these words. */
export const BEFORE_GERMAN_ORDINAL =
  '(?<!\\p{L})(?:[Aa]m|[Vv]om|[Zz]um|[Ii]m|[Bb]eim|[Dd]e[mnrs]|[Dd]ie|[Dd]as|[Aa]b|[Ss]eit|[Bb]is|[Ii]hr|[Mm]ein|[Jj]ede[rmns]?)\\s+';
const ORDINALS_WITH_STOP = new Set(list('de da no nb nn fi cs sk hr sl sr bs hu pl et lv tr is'));

/** What a language writes with a full stop that ends no sentence. */
export interface StopRules {
  readonly abbreviations: ReadonlySet<string>;
  /** Only in front of a digit. */
  readonly ofNumbers: ReadonlySet<string>;
  /** What stands before an ordinal number with a full stop; none: it has none. */
  readonly beforeOrdinal?: RegExp;
  /** Compounds that end so are abbreviations. */
  readonly endings: readonly string[];
}

const ofNumbers: ReadonlySet<string> = new Set([
  ...ABBREVIATIONS_OF_NUMBERS.keys(),
  ...list('nr. núm. art. p. pp. s. kap.'),
]);

/** @param language language subtag, as `de` */
export const stopRules = (language: string): StopRules => ({
  abbreviations: new Set([
    ...COMMON,
    ...(OF_LANGUAGE[language === 'nb' || language === 'nn' ? 'no' : language] ?? []),
  ]),
  ofNumbers,
  endings: language === 'de' ? ['str.', 'pl.', 'tel.'] : [],
  ...(ORDINALS_WITH_STOP.has(language) && {
    beforeOrdinal: language === 'de' ? new RegExp(`${BEFORE_GERMAN_ORDINAL}$`, 'u') : /(?:)/,
  }),
});
