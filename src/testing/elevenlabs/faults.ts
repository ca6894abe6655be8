/** Statuses that a request or an upgrade can be refused with; `503` comes with an HTML body. */
const STATUSES = ['401', '403', '404', '422', '429', '500', '503'] as const;

/** All ways to fail, by the place where they strike. */
export const FAULT_KINDS = {
  /** The next request for a socket. */
  upgrade: [
    ...STATUSES,
    /** Answered `delayMs` later (default 5000). */
    'slow',
    /** Never answered. */
    'hang',
  ],
  /** The next context that has something to say; `after` counts its messages of audio from then on. */
  socket: [
    /** Error frame and close 1008 in place of message `after` + 1. */
    'error-1008',
    /** Error frame and close 1011 in place of message `after` + 1. */
    'error-1011',
    /** The connection breaks (1006) in place of message `after` + 1. */
    'cut',
    /** The server closes in good order (1000) in place of message `after` + 1. */
    'close-1000',
    /** The server closes (1000) when the socket had no context for `after` ms; strikes sockets as they open. */
    'close-idle',
    /** Nothing of the context comes after `after` messages, not even its final one; 0: no audio at all. */
    'stall',
    /** The final message comes in place of message `after` + 1; the rest of the audio never. */
    'early-end',
    /** After the context's final message come `messages` (default 3) more with audio of it. */
    'late-frames',
    /** The final message comes twice. */
    'duplicate-final',
    /** The final message never comes: the context keeps its place. */
    'missing-final',
    /** Audio that belongs to nobody, without a context id, before message `after` + 1. */
    'no-context',
    /** Audio that belongs to nobody, of a context that never was, before message `after` + 1. */
    'unknown-context',
    /** A frame that is no JSON before message `after` + 1. */
    'malformed-json',
    /** Message `after` + 1 is longer than 1 MiB. */
    'huge-message',
    /** A message with empty audio before message `after` + 1. */
    'empty-audio',
    /** Messages of audio are cut at odd bytes, multiples of neither 160 nor 8. */
    'odd-audio',
  ],
  /** The next HTTP request for speech; `after` counts its chunks of audio. */
  http: [
    ...STATUSES,
    /** Status 200 with an error as JSON in place of audio. */
    'json',
    /** Headers and all that follows come `delayMs` later (default 5000). */
    'slow',
    /** Headers never come. */
    'hang',
    /** Nothing comes after `after` chunks; whole answers stop in the middle. */
    'stall',
    /** The answer ends in good order after `after` chunks; whole answers in the middle. */
    'early-end',
    /** The connection is reset after `after` chunks; whole answers in the middle. */
    'cut',
  ],
  /** The next transcription socket, or what it is sent next; `after` counts the chunks it is sent from then on. */
  scribe: [
    /** The upgrade is refused. */
    '401',
    '403',
    '429',
    '500',
    /** The upgrade is never answered. */
    'hang',
    /** `session_started` comes `delayMs` (default 5000) after the socket opened. */
    'session-delay',
    /** The server closes in good order (1000) `after` ms after the socket opened, whatever it was sent. */
    'idle-1000',
    /** An error after `after` chunks; the socket stays open. */
    'rate-limited',
    'quota-exceeded',
    'transcriber-error',
    /** An error after `after` chunks, and close 1008. */
    'session-time-limit',
    /** The connection breaks (1006) after `after` chunks. */
    'cut',
    /** A frame that is no JSON after `after` chunks. */
    'malformed-json',
    /** A message of a type that nobody knows after `after` chunks. */
    'unknown-message',
    /** The next partial transcript of several words is followed at once by one that lacks the last. */
    'shrinking-partial',
    /** The next commit is refused, whatever audio there is; the audio stays uncommitted. */
    'commit-throttled',
    /** The next commit is answered by its committed transcript twice. */
    'duplicate-commit',
    /** The next commit is answered with timestamps too, asked for or not. */
    'unasked-timestamps',
    /** The next commit with a text is answered with that text three times over. */
    'triplicated-text',
    /** The next commit is never answered. */
    'no-final',
  ],
} as const;

/** Where a fault strikes. */
export type FaultPlace = keyof typeof FAULT_KINDS;
/** The ways to fail at one place. */
export type FaultKind<P extends FaultPlace> = (typeof FAULT_KINDS)[P][number];

interface FaultOf<P extends FaultPlace> {
  readonly where: P;
  readonly kind: FaultKind<P>;
  /** How often it strikes, once by default; Infinity: always. */
  readonly times?: number;
  /**
   * Messages or chunks of audio that come before it strikes, 1 by default; for `close-idle` and `idle-1000` ms, 1000 by
   * default.
   */
  readonly after?: number;
  /**
   * Error code in the body or the frame. With `429` also `concurrent_limit_exceeded` (default),
   * `rate_limit_exceeded`, `too_many_concurrent_requests` and `system_busy`.
   */
  readonly code?: string;
  /** Header `retry-after`, s; with a refused request or upgrade. */
  readonly retryAfterS?: number;
  /** For `slow` and `session-delay`, ms; finite: see `hang`. */
  readonly delayMs?: number;
  /** For `late-frames`. */
  readonly messages?: number;
}

/** One way to fail, at one place. Of several that wait, each event is struck by the first that fits. */
export type ElevenLabsFault = FaultOf<'upgrade'> | FaultOf<'socket'> | FaultOf<'http'> | FaultOf<'scribe'>;
export type PlacedFault<P extends FaultPlace> = FaultOf<P>;

const PLACES = Object.keys(FAULT_KINDS) as FaultPlace[];
const VOICE = new RegExp(`^fault-(?:(${PLACES.join('|')})-)?(.+)$`);

/**
 * The fault that a voice id asks for: `fault-KIND` wherever there is such a kind, `fault-PLACE-KIND` at one place only;
 * `-N` behind it is its `after`. Examples: `fault-401`, `fault-stall-0`, `fault-socket-cut-5`. Transcription has no
 * voices: there the API key asks.
 */
export function voiceFault<P extends FaultPlace>(voiceId: string, where: P): PlacedFault<P> | undefined {
  const [, place, name = ''] = VOICE.exec(voiceId) ?? [];
  if (place !== undefined && place !== where) return undefined;
  const kinds: readonly FaultKind<P>[] = FAULT_KINDS[where];
  const exact = kinds.find((kind) => kind === name);
  if (exact !== undefined) return { where, kind: exact, times: Infinity };
  const [, base, after] = /^(.+)-(\d+)$/.exec(name) ?? [];
  const kind = kinds.find((candidate) => candidate === base);
  return kind === undefined ? undefined : { where, kind, times: Infinity, after: Number(after) };
}

/** Faults that wait for their event. */
export class FaultQueue {
  readonly #pending: { readonly fault: ElevenLabsFault; left: number }[] = [];
  #struck = 0;

  /** How often a fault has struck. */
  get struck(): number {
    return this.#struck;
  }

  add(faults: readonly ElevenLabsFault[]): void {
    this.#pending.push(...faults.map((fault) => ({ fault, left: fault.times ?? 1 })));
  }

  clear(): void {
    this.#pending.length = 0;
  }

  /** The first fault that fits, else the one that the voice id asks for. */
  take<P extends FaultPlace>(
    where: P,
    voiceId: string,
    fits: (kind: FaultKind<P>) => boolean = () => true,
  ): PlacedFault<P> | undefined {
    const isWanted = (fault: ElevenLabsFault): fault is PlacedFault<P> & ElevenLabsFault =>
      fault.where === where && fits(fault.kind);
    for (const [index, entry] of this.#pending.entries()) {
      const { fault } = entry;
      if (!isWanted(fault)) continue;
      if (--entry.left <= 0) this.#pending.splice(index, 1);
      this.#struck++;
      return fault;
    }
    const own = voiceFault(voiceId, where);
    if (own === undefined || !fits(own.kind)) return undefined;
    this.#struck++;
    return own;
  }
}
