import { plainWords } from '../../conversation/same-words.js';
import { lastAnswer, lastStop, type ObservedCall, SILENCE_MS } from './call-moments.js';

/** What the matchers add to `expect(call)`, with a SimulatedCall. */
export interface VoiceMatchers<R = void> {
  /**
   * The caller has heard these words, one after another: told by the audio at the ear, not by what was sent. Capitals
   * and punctuation around words cannot be heard and do not count for a string; a RegExp sees the text as it was written.
   * @throws RangeError, with `.not` too, for an empty string and a pattern that matches one; Error when the call cannot turn audio into words
   */
  toHaveHeard(words: string | RegExp): R;
  /**
   * From the first sound of the caller's last interruption until nothing of the agent was at the ear for 300 ms, it
   * took `ms` at most.
   * @throws Error, with `.not` too, when the caller never interrupted, or when it cannot be told yet
   */
  toHaveStoppedWithin(ms: number): R;
  /**
   * From the caller's last sound to the agent's first one after it, it took `ms` at most; a filler counts.
   * @throws Error, with `.not` too, when the caller never spoke, or when it cannot be told yet
   */
  toHaveBeenAnsweredWithin(ms: number): R;
}

/** What `expect.extend` of Jest and of Vitest takes. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** For `expect.extend`; `nestjs-twilio-voice/testing/jest` and `…/vitest` do that, and have the types. */
export const voiceMatchers = {
  toHaveHeard(received: unknown, words: string | RegExp): MatcherResult {
    const heard = hearing('toHaveHeard', received).heardWords().replace(/\s+/g, ' ').trim();
    const wanted = words instanceof RegExp ? String(words) : JSON.stringify(words);
    const pass = words instanceof RegExp ? matches(heard, words) : includesWords(heard, words);
    const all = heard === '' ? 'heard nothing' : `heard: ${JSON.stringify(heard)}`;
    return { pass, message: () => `the caller was ${pass ? 'not ' : ''}to hear ${wanted}, but ${all}` };
  },

  toHaveStoppedWithin(received: unknown, ms: number): MatcherResult {
    const call = observed('toHaveStoppedWithin', received, ms);
    const stop = lastStop(call);
    if (stop === undefined)
      throw new Error('toHaveStoppedWithin: the caller never spoke while the agent was to be heard');
    const { onsetMs, silentMs, isCertain } = stop;
    const tookMs = Math.round((silentMs ?? call.nowMs) - onsetMs);
    if (tookMs <= ms && !isCertain)
      throw new Error(
        `toHaveStoppedWithin: it cannot be told yet: advance the clock until ${SILENCE_MS} ms of silence have passed`,
      );
    const when = `after the caller interrupted (at ${Math.round(onsetMs)} ms on the clock)`;
    const was = silentMs === undefined ? 'could still be heard' : 'fell silent';
    const pass = tookMs <= ms;
    const wanted = pass ? 'be heard for more than' : 'fall silent within';
    return {
      pass,
      message: () => `the agent was to ${wanted} ${ms} ms ${when}, but it ${was} after ${tookMs} ms`,
    };
  },

  toHaveBeenAnsweredWithin(received: unknown, ms: number): MatcherResult {
    const call = observed('toHaveBeenAnsweredWithin', received, ms);
    const answer = lastAnswer(call);
    if (answer === undefined)
      throw new Error('toHaveBeenAnsweredWithin: the caller has not said anything to its end');
    const { endMs, answeredMs } = answer;
    const tookMs = Math.round((answeredMs ?? call.nowMs) - endMs);
    if (answeredMs === undefined && tookMs < ms)
      throw new Error(
        `toHaveBeenAnsweredWithin: it cannot be told yet: only ${tookMs} ms have passed without an answer`,
      );
    const pass = answeredMs !== undefined && tookMs <= ms;
    const when = `after the caller had spoken (until ${Math.round(endMs)} ms on the clock)`;
    const was =
      answeredMs === undefined
        ? `nothing had been heard after ${tookMs} ms`
        : `it was heard after ${tookMs} ms`;
    return {
      pass,
      message: () =>
        `an answer was to be heard ${pass ? 'later than' : 'within'} ${ms} ms ${when}, but ${was}`,
    };
  },
};

interface HearingCall {
  heardWords(): string;
}

function hearing(matcher: string, received: unknown): HearingCall {
  if (!has(received, 'heardWords')) throw notACall(matcher, received);
  return received as HearingCall;
}

function observed(matcher: string, received: unknown, ms: number): ObservedCall {
  if (!['heardAudio', 'callerAudio', 'silentFrom'].every((method) => has(received, method)))
    throw notACall(matcher, received);
  if (!(ms > 0 && Number.isFinite(ms))) throw new RangeError(`${matcher}: give a positive number of ms`);
  return received as ObservedCall;
}

const has = (received: unknown, method: string): boolean =>
  typeof (Object(received) as Record<string, unknown>)[method] === 'function';

const notACall = (matcher: string, received: unknown): TypeError =>
  new TypeError(
    `${matcher}: expected a SimulatedCall, but got ${received === null ? 'null' : typeof received}`,
  );

const ALWAYS = 'an empty text is always heard: nothing would be tested';

function matches(heard: string, pattern: RegExp): boolean {
  if (''.search(pattern) >= 0) throw new RangeError(`toHaveHeard: with ${String(pattern)}, ${ALWAYS}`);
  return heard.search(pattern) >= 0; // unlike `test`, it does not begin where the pattern ended last
}

function includesWords(heard: string, words: string): boolean {
  const wanted = plainWords(words);
  if (wanted === '') throw new RangeError(`toHaveHeard: ${ALWAYS}`);
  return ` ${plainWords(heard)} `.includes(` ${wanted} `);
}
