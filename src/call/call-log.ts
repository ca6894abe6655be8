import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';

type Level = 'debug' | 'error' | 'log' | 'warn';

/** What a line of the log is about. */
export interface LogSubject {
  readonly callSid: string | undefined;
  readonly streamSid?: string | undefined;
  /** Begins the line where it is a text; empty: nothing does. */
  readonly name: string;
}

interface Sids {
  readonly callSid: string;
  readonly streamSid?: string | undefined;
}

/** `Call CA…: …`, where the line is a text. */
export const aboutCall = ({ callSid, streamSid }: Sids): LogSubject => ({
  callSid,
  streamSid,
  name: `Call ${callSid}`,
});

/** Of a call, with no word of which where the line is a text. */
export const amidCall = ({ callSid, streamSid }: Partial<Sids>): LogSubject => ({
  callSid,
  streamSid,
  name: '',
});

/** As the logger of Nest colours its texts. */
const COLOURS: Readonly<Record<Level, number>> = { debug: 95, error: 31, log: 32, warn: 33 };

/**
 * A line about a call. Loggers that take objects, such as pino's, get `msg` and the sids as fields; to all that make a
 * text of it, such as Nest's own, it is that text.
 */
export class CallLine {
  readonly msg: string;
  declare readonly callSid?: string;
  declare readonly streamSid?: string;
  readonly #text: string;
  readonly #level: Level;

  constructor(level: Level, { callSid, streamSid, name }: LogSubject, msg: string) {
    this.msg = msg;
    if (callSid !== undefined) this.callSid = callSid;
    if (streamSid !== undefined) this.streamSid = streamSid;
    this.#level = level;
    this.#text = name === '' ? msg : `${name}: ${msg}`;
  }

  /** What winston's loggers look for, in place of `msg`. */
  get message(): string {
    return this.msg;
  }

  toString(): string {
    return this.#text;
  }

  [inspect.custom](_depth: number, { colors }: { readonly colors?: boolean }): string {
    return colors === true ? `\x1b[${COLOURS[this.#level]}m${this.#text}\x1b[39m` : this.#text;
  }
}

/** The log, for lines about calls. Texts of others are redacted before they come here. */
export class CallLog {
  readonly #logger = new Logger('TwilioVoice');

  debug(subject: LogSubject, msg: string): void {
    this.#logger.debug(new CallLine('debug', subject, msg));
  }

  log(subject: LogSubject, msg: string): void {
    this.#logger.log(new CallLine('log', subject, msg));
  }

  warn(subject: LogSubject, msg: string): void {
    this.#logger.warn(new CallLine('warn', subject, msg));
  }

  error(subject: LogSubject, msg: string): void {
    this.#logger.error(new CallLine('error', subject, msg));
  }
}
