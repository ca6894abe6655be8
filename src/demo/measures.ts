import type { SettledUtterance } from '../playout/settled-utterance.js';
import type { CallObservations } from '../testing/call-observations.js';
import type { SaidLine } from './scenario.js';

/** What can be seen and heard at Twilio and at the caller's ear. */
export type Observed = Pick<
  CallObservations,
  'received' | 'heard' | 'clears' | 'clearsSent' | 'marks' | 'peakHeldMs' | 'onsetToSilenceMs'
>;

/** The host's account of an utterance, and when it was given, ms on the clock. */
export interface SettledAt {
  readonly atMs: number;
  readonly account: SettledUtterance;
}

export interface InterruptionMeasures {
  readonly text: string;
  /** The caller's first sound, ms on the clock; durations below are ms. */
  readonly onsetMs: number;
  readonly silentAfterMs: number;
  /** Otherwise the agent talked until the call was over. */
  readonly fellSilent: boolean;
  /** From the onset; undefined: there was no `clear`. */
  readonly clearSentAfterMs: number | undefined;
  readonly clearArrivedAfterMs: number | undefined;
  /** At Twilio, when the caller began. */
  readonly waitingMs: number;
  readonly sentMs: number;
  readonly heardMs: number;
  readonly thrownAwayMs: number;
  /** The host's account of it. */
  readonly account: SettledUtterance | undefined;
}

export interface CallMeasures {
  readonly interruptions: readonly InterruptionMeasures[];
  readonly sentMs: number;
  readonly heardMs: number;
  /** Dropped by `clear`, ms. */
  readonly thrownAwayMs: number;
  /** Still waiting when the caller hung up, ms. */
  readonly leftOverMs: number;
  readonly peakHeldMs: number;
  readonly clears: number;
  readonly marks: number;
}

const BYTES_PER_MS = 8;
/** A pause between two sentences, cut short by the end of the call, is no silence. */
const SILENCE_MS = 300;

/** @param said the question, then the interruptions */
export function measureCall(
  call: Observed,
  said: readonly SaidLine[],
  settled: readonly SettledAt[],
  endMs: number,
): CallMeasures {
  const sentMs = sentBetween(call, -Infinity, Infinity);
  const heardMs = heardBetween(call, -Infinity, Infinity);
  const thrownAwayMs = call.clears.reduce((sum, clearMs) => sum + heldAt(call, clearMs), 0);
  return {
    interruptions: said.slice(1).map((line, index) => {
      const answerFromMs = said[index]?.endMs ?? 0;
      const untilMs = said[index + 2]?.onsetMs ?? endMs;
      return measureInterruption(call, line, { answerFromMs, untilMs, endMs }, settled);
    }),
    sentMs,
    heardMs,
    thrownAwayMs,
    leftOverMs: sentMs - heardMs - thrownAwayMs,
    peakHeldMs: call.peakHeldMs,
    clears: call.clears.length,
    marks: call.marks.length,
  };
}

function measureInterruption(
  call: Observed,
  { text, onsetMs }: SaidLine,
  span: { answerFromMs: number; untilMs: number; endMs: number },
  settled: readonly SettledAt[],
): InterruptionMeasures {
  const { answerFromMs, untilMs, endMs } = span;
  const isOurs = (atMs: number) => atMs >= onsetMs && atMs < untilMs;
  const clearMs = call.clears.find(isOurs);
  const clearSentMs = call.clearsSent.find(isOurs);
  const silentAfterMs = call.onsetToSilenceMs(onsetMs);
  const fellSilent = onsetMs + silentAfterMs <= endMs - SILENCE_MS;
  return {
    text,
    onsetMs,
    silentAfterMs: fellSilent ? silentAfterMs : endMs - onsetMs,
    fellSilent,
    clearSentAfterMs: clearSentMs === undefined ? undefined : clearSentMs - onsetMs,
    clearArrivedAfterMs: clearMs === undefined ? undefined : clearMs - onsetMs,
    waitingMs: heldAt(call, onsetMs),
    sentMs: sentBetween(call, answerFromMs, clearMs ?? onsetMs),
    heardMs: heardBetween(call, answerFromMs, clearMs ?? onsetMs),
    thrownAwayMs: clearMs === undefined ? 0 : heldAt(call, clearMs),
    account: settled.find(({ atMs }) => isOurs(atMs))?.account,
  };
}

/** Audio waiting at Twilio just before that moment: a `clear` leaves nothing. */
function heldAt(call: Observed, ms: number): number {
  const sinceMs = call.clears.findLast((clearMs) => clearMs < ms) ?? -Infinity;
  return sentBetween(call, sinceMs, ms) - heardBetween(call, sinceMs, ms);
}

function sentBetween({ received }: Observed, fromMs: number, toMs: number): number {
  return received
    .filter(({ atMs }) => atMs > fromMs && atMs <= toMs)
    .reduce((sum, { audio }) => sum + (audio?.length ?? 0) / BYTES_PER_MS, 0);
}

function heardBetween({ heard }: Observed, fromMs: number, toMs: number): number {
  return heard.reduce(
    (sum, { startMs, endMs }) => sum + Math.max(0, Math.min(endMs, toMs) - Math.max(startMs, fromMs)),
    0,
  );
}
