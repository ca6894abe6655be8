import type { Clock } from '../../call/clock.js';

/** Oldest entries go beyond that many. */
const MOST_ENTRIES = 100_000;

type Fields = Readonly<Record<string, string>>;
type SpeechMessageKind = 'audio' | 'final' | 'error' | 'flush_done' | 'malformed';
type ScribeMessageKind =
  | 'session_started'
  | 'partial_transcript'
  | 'committed_transcript'
  | 'committed_transcript_with_timestamps'
  | 'error'
  | 'malformed'
  | 'unknown';

/** What can happen, without its time. */
export type JournalEvent =
  /** An HTTP request, once its body is there; `body` is parsed JSON, or text. */
  | {
      readonly type: 'request';
      readonly request: number;
      readonly method: string;
      readonly path: string;
      readonly query: Fields;
      readonly headers: Fields;
      readonly body: unknown;
    }
  /** The end of an HTTP answer; not `finished`: the connection broke before; `status` 0: none was sent. */
  | {
      readonly type: 'response';
      readonly request: number;
      readonly status: number;
      readonly finished: boolean;
    }
  /** A request for a socket. */
  | {
      readonly type: 'upgrade';
      readonly socket: number;
      readonly path: string;
      readonly query: Fields;
      readonly headers: Fields;
    }
  /** `status` 0: no answer at all. */
  | { readonly type: 'upgrade-refused'; readonly socket: number; readonly status: number }
  | { readonly type: 'socket-open'; readonly socket: number }
  /**
   * `message` is parsed JSON; undefined when it is none. Of transcription `audio_base_64` is the length of its audio,
   * bytes.
   */
  | {
      readonly type: 'message-in';
      readonly socket: number;
      readonly text: string;
      readonly message: unknown;
    }
  | {
      readonly type: 'message-out';
      readonly socket: number;
      readonly contextId: string | undefined;
      readonly kind: SpeechMessageKind | ScribeMessageKind;
      /** Audio in this message. */
      readonly audioMs: number;
      /** Of a transcript its text, of an error of transcription its type. */
      readonly text?: string;
    }
  | {
      readonly type: 'socket-closed';
      readonly socket: number;
      readonly code: number;
      readonly by: 'client' | 'server';
    }
  /** The client did what works here but is not well-behaved. */
  | {
      readonly type: 'warning';
      readonly code: WarningCode;
      readonly socket: number;
      readonly contextId: string | undefined;
    };

/** A mistake of the client that the server lets pass. */
export type WarningCode =
  /** A text does not end with a space. */
  | 'text-without-space'
  /** A flush opened a context. */
  | 'unknown-context-flushed'
  /** A keep-alive opened a context. */
  | 'unknown-context-kept-alive'
  /** `close_context` for a context that does not exist; nothing happens. */
  | 'unknown-context-closed'
  /** Text without a context id: it went to a context named `default`. */
  | 'context-id-missing'
  /** A message other than `close_context` for a context that is closing; it is ignored. */
  | 'message-after-close'
  /** `close_context` found text that was never flushed; it is dropped. */
  | 'unflushed-text-dropped'
  /** The first message of stream-input has another text than one space. */
  | 'first-message-not-a-space'
  /** Neither JSON nor an object: the socket is closed; one for transcription tells `input_error` and stays open. */
  | 'malformed-message';

/** An event, and when it was. */
export type JournalEntry = JournalEvent & {
  /** On the server's clock. */
  readonly atMs: number;
};
/** Type of an entry. */
export type JournalType = JournalEntry['type'];
/** The entries of one type. */
export type EntryOf<T extends JournalType> = Extract<JournalEntry, { type: T }>;

/** Everything that a client did and was sent, in order; no audio. */
export class ServerJournal {
  readonly #clock: Clock;
  #entries: JournalEntry[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  get warnings(): readonly EntryOf<'warning'>[] {
    return this.of('warning');
  }

  /** Entries of one type. */
  of<T extends JournalType>(type: T): EntryOf<T>[] {
    return this.#entries.filter((entry): entry is EntryOf<T> => entry.type === type);
  }

  /** Messages of clients that are JSON objects, in order; of one socket, or of all. */
  received(socket?: number): Readonly<Record<string, unknown>>[] {
    return this.of('message-in')
      .filter((entry) => socket === undefined || entry.socket === socket)
      .map(({ message }) => message)
      .filter(
        (message): message is Record<string, unknown> => typeof message === 'object' && message !== null,
      );
  }

  /** Messages to clients; of one context, or of all. */
  sent(contextId?: string): EntryOf<'message-out'>[] {
    return this.of('message-out').filter((entry) => contextId === undefined || entry.contextId === contextId);
  }

  clear(): void {
    this.#entries = [];
  }

  /** For the server itself. */
  add(event: JournalEvent): void {
    this.#entries.push({ atMs: this.#clock.now(), ...event });
    if (this.#entries.length > MOST_ENTRIES) this.#entries = this.#entries.slice(MOST_ENTRIES / 10);
  }
}
