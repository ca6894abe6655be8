import { maskCardNumbers } from './redaction/card-numbers.js';

/** Where a text is going: a line of the log, the record of the call, a language model, or a span of a trace. */
export type RedactionPlace = 'log' | 'record' | 'model' | 'span';

/**
 * Takes out of a text what its place must not have. One for all calls. Where it throws, the text is not shown at all.
 * An agent of the host's own is given everything as it is: before it asks a model, it may inject this.
 */
export interface Redactor {
  redact(text: string, place: RedactionPlace): string;
}

/** DI token of the {@link Redactor}. */
export const REDACTOR = Symbol('REDACTOR');

const CARD = '[card number]';
const NUMBER = '[number]';
const FAILED = '[not shown: the redactor failed]';
/** Longest text in a line of the log, characters. */
const LONGEST_LOG_TEXT = 500;
/** An IP address, with its port, is no telephone number. */
const ADDRESS = String.raw`\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?`;
const LONG_NUMBER = String.raw`[+(]{0,2}\d(?:[\s().\-/]{0,3}\d){6,}`;
const NUMBERS = new RegExp(`(?<![\\p{L}\\p{N}])(?:(${ADDRESS})|${LONG_NUMBER})(?![\\p{L}\\p{N}])`, 'gu');
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu;

/**
 * Masks payment card numbers everywhere, also when they are spelled out, and in logs and spans telephone numbers and
 * other numbers of seven digits or more. A number that is said in several turns is not found: that is what `call.sensitive` is for.
 */
export class StandardRedactor implements Redactor {
  redact(text: string, place: RedactionPlace): string {
    const masked = maskCardNumbers(text, CARD);
    if (place !== 'log' && place !== 'span') return masked;
    return masked.replace(NUMBERS, (_, address: string | undefined) => address ?? NUMBER);
  }
}

/** Leaves every text as it is. Control characters are kept out of the log all the same. */
export const NO_REDACTION: Redactor = { redact: (text) => text };

/** A redactor of the host's that throws, or returns no text, must neither end a call nor let anything through. */
export function redacted(redactor: Redactor, text: string, place: RedactionPlace): string {
  if (text === '') return '';
  try {
    const result: unknown = redactor.redact(text, place);
    return typeof result === 'string' ? result : FAILED;
  } catch {
    return FAILED;
  }
}

/** A text of others for a line of the log: redacted, on one line, of bounded length. */
export function forLog(redactor: Redactor, text: string): string {
  const line = redacted(redactor, text, 'log').replace(UNPRINTABLE, ' ');
  return line.length > LONGEST_LOG_TEXT ? `${line.slice(0, LONGEST_LOG_TEXT)}…` : line;
}
