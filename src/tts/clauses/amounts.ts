import { cardinal, digits, ordinal } from './numerals.js';
import { baseLanguage } from './segmenters.js';
import { symbolWords } from './symbol-words.js';
import {
  CURRENCIES,
  HOUR,
  JOINED,
  KOREAN_HOURS,
  MINUTE,
  NATIONAL,
  ONE,
  PERCENT,
  PERCENT_FIRST,
  UNITS,
} from './number-tables.js';

/** Says amounts in a language; dates, and the names of units and currencies, come from the ICU data of Node. */
export class Amounts {
  readonly #base: string;

  /** @param decimal mark between a number and its decimals */
  constructor(
    private readonly language: string,
    private readonly decimal: string,
  ) {
    this.#base = baseLanguage(language);
  }

  ordinal(text: string): string {
    return ordinal(text.replace(/\D/g, ''), this.language);
  }

  /** Plain digits with a full stop before the decimals. */
  #plain(text: string): string {
    const [whole = '', decimals] = text.split(this.decimal);
    const digitsOnly = whole.replace(/\D/g, '');
    return decimals === undefined ? digitsOnly : `${digitsOnly}.${decimals}`;
  }

  cardinal(text: string): string {
    return cardinal(this.#plain(text), this.language);
  }

  /** Before a noun. */
  #counted(text: string): string {
    if (text === '1') return ONE[this.#base] ?? this.cardinal(text);
    const words = this.cardinal(text);
    return this.#base === 'es' ? words.replace(/veintiuno$/, 'veintiún').replace(/ uno$/, ' un') : words;
  }

  #join(words: readonly string[]): string {
    return words.filter((part) => part !== '').join(JOINED.has(this.#base) ? '' : ' ');
  }

  date(year: string, month: string, day: string): string {
    const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
    const parts = new Intl.DateTimeFormat(this.language, {
      dateStyle: 'long',
      timeZone: 'UTC',
      calendar: 'gregory',
      numberingSystem: 'latn',
    }).formatToParts(date);
    return parts
      .map(({ type, value }, index) => {
        if (type === 'year') return this.year(value);
        if (type === 'day')
          return isStop(parts[index + 1]?.value) ? this.ordinal(value) : this.cardinal(value);
        if (parts[index - 1]?.type === 'day' && isStop(value)) return value.slice(1);
        return value.replace(/\d+/g, (text) => this.cardinal(text));
      })
      .join('');
  }

  version(text: string): string {
    const parts = text.split('.').map((part) => cardinal(part, this.language));
    return this.#join(
      parts.flatMap((part, index) => (index === 0 ? [part] : [symbolWords(this.language).dot, part])),
    );
  }

  /** German counts the years up to 1999 in hundreds, Chinese names the digits. */
  year(text: string): string {
    if (this.#base === 'zh') return digits(text, this.language).join('');
    if (this.#base !== 'de' || !/^1[1-9]\d\d$/.test(text)) return this.cardinal(text);
    const rest = text.slice(2).replace(/^0/, '');
    return `${this.cardinal(text.slice(0, 2))}hundert${rest === '0' ? '' : this.cardinal(rest)}`;
  }

  time(hour: string, minute: string): string {
    const minutes =
      minute === '00' ? [] : [cardinal(String(Number(minute)), this.language), MINUTE[this.#base] ?? ''];
    const hours = this.#base === 'ko' ? KOREAN_HOURS[Number(hour)] : undefined;
    return this.#join([hours ?? this.#counted(String(Number(hour))), HOUR[this.#base] ?? '', ...minutes]);
  }

  money(amount: string, sign: string): string {
    const [whole = '0', cents = ''] = this.#plain(amount).split('.');
    const currency = /[¥￥]/.test(sign) && this.#base === 'zh' ? 'CNY' : (CURRENCIES[sign] ?? 'EUR');
    const options = {
      style: 'currency',
      currency,
      currencyDisplay: 'name',
      maximumFractionDigits: 0,
    } as const;
    const name = this.#nameOf(options, whole, 'currency').replace(NATIONAL, '');
    if (JOINED.has(this.#base) || (cents !== '' && cents.length !== 2)) {
      const value = cents === '' ? whole : `${whole}.${cents}`.replace(/\.?0+$/, '');
      return this.#join([
        cardinal(value, this.language),
        currency === 'CNY' && this.#base === 'zh' ? '元' : name,
      ]);
    }
    const small = Number(cents) > 0 ? [cardinal(String(Number(cents)), this.language)] : [];
    return this.#join([this.#counted(whole), name, ...small]);
  }

  withUnit(amount: string, sign: string): string {
    const unit = UNITS[sign] ?? 'percent';
    const percent = unit === 'percent' ? PERCENT[this.#base] : undefined;
    if (percent !== undefined && PERCENT_FIRST.has(this.#base))
      return this.#join([percent, this.cardinal(amount)]);
    const name =
      percent ?? this.#nameOf({ style: 'unit', unit, unitDisplay: 'long' }, this.#plain(amount), 'unit');
    return this.#join([this.#counted(amount), name]);
  }

  /** The name as it is declined behind that number. */
  #nameOf(options: Intl.NumberFormatOptions, value: string, part: string): string {
    const parts = new Intl.NumberFormat(this.language, options).formatToParts(Number(value));
    return parts.find(({ type }) => type === part)?.value ?? '';
  }
}

const isStop = (text: string | undefined): boolean => text?.startsWith('.') === true;
