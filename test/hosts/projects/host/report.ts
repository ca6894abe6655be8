/** What was seen of the host at one moment of a call. */
export interface Seen {
  /** Body of its own `GET /orders/latest`. */
  readonly order: string;
  /** What its own sockets sent back, for `are you there`; undefined where it has none. */
  readonly echo: string | undefined;
}

/** A call, as the caller and a visitor of the host's own HTTP and sockets saw it. Times in ms. */
export interface Report {
  readonly before: Seen;
  /** While the agent was talking. */
  readonly during: Seen;
  readonly after: Seen;
  /** How many `clear`s arrived at Twilio. */
  readonly clears: number;
  /** From the caller's first sound to silence at the caller's ear. */
  readonly silentAfterMs: number;
  /** From the caller's last sound to the first sound of the answer. */
  readonly answeredAfterMs: number;
  /** Audio of the readable voice that was heard, by number of the utterance. */
  readonly heardMs: Readonly<Record<number, number>>;
  /** The call's history, told by the host's own HTTP. */
  readonly history: readonly {
    readonly role: 'agent' | 'caller';
    readonly text: string;
    readonly interrupted?: boolean;
  }[];
  /** What Twilio would have refused. */
  readonly violations: readonly string[];
  /** What became of a WebSocket at a path that nobody serves. */
  readonly unknownPath: 'refused' | 'opened' | 'unanswered';
}
