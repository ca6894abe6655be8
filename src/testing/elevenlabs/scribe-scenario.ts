type Range = readonly [from: number, to: number];

/** How the server transcribes. Sockets keep the scenario that they began with. */
export interface ScribeScenario {
  /** From the open socket to `session_started`, ms. */
  readonly sessionMs: Range;
  /** Voiced audio before the first word of an utterance is understood, ms. */
  readonly firstWordMs: number;
  /** Voiced audio for each further word, ms. */
  readonly msPerWord: number;
  /** From the audio of a word to the partial transcript with it, ms. */
  readonly partialMs: Range;
  /** Between two partial transcripts, at least, ms. */
  readonly partialEveryMs: number;
  /** From a commit to the committed transcript, ms. */
  readonly commitMs: Range;
  /** A socket without any chunk for so long is closed (1000), ms; Infinity: never. */
  readonly scribeIdleMs: number;
}

export const DEFAULT_SCRIBE_SCENARIO: ScribeScenario = {
  sessionMs: [50, 150],
  firstWordMs: 100,
  msPerWord: 300,
  partialMs: [100, 200],
  partialEveryMs: 150,
  commitMs: [250, 380],
  scribeIdleMs: 10_000,
};
