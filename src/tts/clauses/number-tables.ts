/** Signs and names of currencies, and their codes. */
export const CURRENCIES: Readonly<Record<string, string>> = {
  ...{ $: 'USD', '€': 'EUR', '£': 'GBP', '¥': 'JPY', '￥': 'JPY', '₹': 'INR', '₩': 'KRW', '₽': 'RUB' },
  ...{ '₺': 'TRY', '₴': 'UAH', '₪': 'ILS', '₱': 'PHP', '฿': 'THB', '₫': 'VND', zł: 'PLN', Kč: 'CZK' },
  ...{ EUR: 'EUR', Euro: 'EUR', euros: 'EUR', euro: 'EUR', USD: 'USD', GBP: 'GBP', CHF: 'CHF' },
};
/** Units and what ICU calls them. */
export const UNITS: Readonly<Record<string, string>> = {
  ...{
    '%': 'percent',
    '％': 'percent',
    'km/h': 'kilometer-per-hour',
    km: 'kilometer',
    m: 'meter',
    cm: 'centimeter',
  },
  ...{
    mm: 'millimeter',
    kg: 'kilogram',
    g: 'gram',
    ml: 'milliliter',
    mL: 'milliliter',
    l: 'liter',
    L: 'liter',
  },
  ...{
    kB: 'kilobyte',
    KB: 'kilobyte',
    MB: 'megabyte',
    GB: 'gigabyte',
    TB: 'terabyte',
    min: 'minute',
    h: 'hour',
    '°C': 'celsius',
  },
  ...{ '°F': 'fahrenheit', '°': 'degree' },
};
/** Between hours and minutes; other languages say only the numbers. */
export const HOUR: Readonly<Record<string, string>> = {
  de: 'Uhr',
  fr: 'heures',
  nl: 'uur',
  zh: '点',
  ja: '時',
  ko: '시',
};
/** Behind the minutes. */
export const MINUTE: Readonly<Record<string, string>> = { zh: '分', ja: '分', ko: '분' };
/** Hours have numbers of their own. */
export const KOREAN_HOURS = '영 한 두 세 네 다섯 여섯 일곱 여덟 아홉 열 열한 열두'.split(' ');
/** Whose currency it is goes without saying at home. */
export const NATIONAL =
  /^(?:Japanese|российск\S+|українськ\S+|대한민국|भारतीय|česk\S+|Türk) | (?:polsk\S+|česk\S+)$/u;
/** Before a noun: `ein Euro`. */
export const ONE: Readonly<Record<string, string>> = {
  de: 'ein',
  es: 'un',
  it: 'un',
  da: 'en',
  sv: 'en',
  no: 'en',
  nb: 'en',
};
/** Languages that put no white space between numbers and units. */
export const JOINED = new Set(['zh', 'ja', 'ko', 'th']);
/** Where ICU's long name is a sign. */
export const PERCENT: Readonly<Record<string, string>> = {
  ...{ zh: '百分之', tr: 'yüzde', ko: '퍼센트', ar: 'بالمئة', th: 'เปอร์เซ็นต์', vi: 'phần trăm' },
};
/** Stands before the number. */
export const PERCENT_FIRST = new Set(['zh', 'tr']);
