import type { Clock } from '../../call/clock.js';

/** A request, and what became of it: the entry goes on changing until the answer has ended. */
export interface JournaledRequest {
  /** On the server's clock, once the body is there. */
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or text. */
  readonly body: unknown;
  /** Of the answer; 0: there was none. */
  readonly status: number;
  readonly tokensSent: number;
  /** The client closed the connection before the answer had ended. */
  readonly aborted: boolean;
  /** When the answer ended, one way or another; undefined: not yet. */
  readonly endedAtMs: number | undefined;
}

export type OpenEntry = { -readonly [Field in keyof JournaledRequest]: JournaledRequest[Field] };

/** Oldest entries go beyond that many. */
const MOST_ENTRIES = 10_000;

/** Every request, in order. */
export class RequestJournal {
  readonly #clock: Clock;
  #entries: OpenEntry[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get entries(): readonly JournaledRequest[] {
    return this.#entries;
  }

  clear(): void {
    this.#entries = [];
  }

  /** For the server itself. */
  add(request: Pick<JournaledRequest, 'method' | 'path' | 'headers' | 'body'>): OpenEntry {
    const entry = {
      atMs: this.#clock.now(),
      ...request,
      status: 0,
      tokensSent: 0,
      aborted: false,
      endedAtMs: undefined,
    };
    this.#entries.push(entry);
    if (this.#entries.length > MOST_ENTRIES) this.#entries = this.#entries.slice(MOST_ENTRIES / 10);
    return entry;
  }
}
