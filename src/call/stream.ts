/** What Twilio said about a media stream when it started. */
export interface StreamStart {
  readonly streamSid: string;
  readonly callSid: string;
  readonly accountSid: string;
  /** The `<Parameter>`s of the TwiML, without the ones this module adds for itself. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Where the webhook that asked for the stream was answered, as a scope of that process put it: from outside, unproven. */
  readonly origin?: string;
  /** Whether it was asked for by us, for a call that had a stream before. */
  readonly follows?: boolean;
}

/** The sending half of a media stream. Every method is a no-op once the stream has ended. */
export interface MediaSink {
  /** Sends mu-law 8 kHz audio; at least one byte. */
  media(audio: Uint8Array): void;
  /** Asks for an echo when everything sent before it has been played or cleared. */
  mark(name: string): void;
  /** Empties the far playout buffer. */
  clear(): void;
  /**
   * Closes the stream; Twilio goes on with the verb after `</Connect>`.
   * @param outcome decides what that verb says: nothing after a completed call, an apology after a failed one, the
   * goodbye after one that reached a limit or was cut by the application's end; left out when another stream of the same
   * call goes on, and when the call is known to be over
   */
  close(outcome?: 'completed' | 'failed' | 'limit' | 'drained'): void;
  /** Bytes handed to the socket and not yet taken by the operating system. */
  readonly bufferedBytes: number;
}

/** Why a stream ended. */
export type StreamEndReason = 'stop' | 'socket-closed' | 'stream-error' | 'closed-by-us';

/** The receiving half: the wire calls it, in order, on the socket's own turn of the event loop. */
export interface StreamReceiver {
  /** Caller audio, mu-law 8 kHz, any length (Twilio sends 160 bytes); `timestampMs` counts from the stream's start. */
  audio(mulaw: Uint8Array, timestampMs: number): void;
  /** A mark came back: played or cleared, Twilio does not say which. */
  mark(name: string): void;
  /** One DTMF key: 0-9, *, #, A-D. */
  digit(digit: string): void;
  /** The stream is over; called at least once, later calls do nothing. */
  ended(reason: StreamEndReason): void;
}

/** Takes a started stream into a call. */
export interface StreamAcceptor {
  accept(start: StreamStart, sink: MediaSink): StreamReceiver;
  /** The telephone network says that the call is over, also while it is between two streams. */
  over?(callSid: string): void;
  /**
   * The telephone network says that a stream is over that has no socket here.
   * @returns whether it is one of a call of this instance
   */
  streamOver?(streamSid: string, reason: StreamEndReason): boolean;
  /** The application shuts down: resolves when all calls are over, within the grace period. */
  drain?(): Promise<void>;
}

/** DI token of the {@link StreamAcceptor}. */
export const STREAM_ACCEPTOR = Symbol('STREAM_ACCEPTOR');
