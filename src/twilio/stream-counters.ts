import { CallLog, type LogSubject } from '../call/call-log.js';

/** What can go wrong on a stream without ending it. */
export type StreamFault =
  | 'malformed'
  | 'binary'
  | 'unknown'
  | 'outOfOrder'
  | 'leap'
  | 'duplicate'
  | 'early'
  | 'foreignStream'
  | 'secondStart'
  | 'afterEnd'
  | 'receiverErrors'
  | 'socketErrors';

/** Counts the faults of one stream and logs the first of each kind. */
export class StreamCounters {
  readonly counts: Readonly<Record<StreamFault, number>>;
  readonly #counts: Record<StreamFault, number> = {
    malformed: 0,
    binary: 0,
    unknown: 0,
    outOfOrder: 0,
    leap: 0,
    duplicate: 0,
    early: 0,
    foreignStream: 0,
    secondStart: 0,
    afterEnd: 0,
    receiverErrors: 0,
    socketErrors: 0,
  };
  readonly #log = new CallLog();

  constructor() {
    this.counts = this.#counts;
  }

  /**
   * @param stream what logs shall say of it
   * @param detail never anything the caller or the host wrote
   * @param isTold false where it is only counted
   */
  count(fault: StreamFault, stream: LogSubject, detail = '', isTold = true): void {
    this.#counts[fault] += 1;
    if (this.#counts[fault] > 1 || !isTold) return;
    this.#log.warn(stream, `${fault}${detail === '' ? '' : ` (${detail})`}; more are only counted`);
  }
}
