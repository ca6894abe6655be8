import { describe, expect, it } from '@jest/globals';
import { decodeMuLaw, encodeMuLaw } from '../src/audio/mu-law.js';
import { CallerSpeech } from '../src/listening/caller-speech.js';
import { FarEnd } from '../src/listening/far-end.js';
import { LISTENING_PROFILES, type ListeningProfile } from '../src/listening/listening-profiles.js';
import { SileroDetector } from '../src/listening/silero/silero-detector.js';
import { SileroNetwork } from '../src/listening/silero/silero-network.js';
import { seededRandom, VirtualClock } from '../src/testing/index.js';
import { agentTrack, callerTrack, PHRASES } from './support/speech.js';

const network = new SileroNetwork();
const FRAME = 160;
/** Audio of the agent reaches the ear, and what the ear's microphone picks up comes back, in so much, ms. */
const NETWORK_MS = 80;

interface Listening {
  readonly profile?: ListeningProfile;
  /** mu-law of the agent, over and over. */
  readonly agent?: Uint8Array;
  readonly echo?: { readonly gainDb: number; readonly delayMs: number };
}

/** Listens to a track as a call does; @returns when speech was noticed, ms, and the utterances. */
async function listen(track: Int16Array, { profile = 'balanced', agent, echo }: Listening = {}) {
  const clock = new VirtualClock();
  const farEnd = new FarEnd();
  const options = LISTENING_PROFILES[profile];
  const talking = () => agent !== undefined;
  const caller = new CallerSpeech(new SileroDetector(network), clock, options, talking, farEnd);
  const starts: number[] = [];
  const utterances: number[] = [];
  caller.userSpeech$.subscribe(() => starts.push(clock.now()));
  caller.utterances$.subscribe(({ durationMs }) => utterances.push(durationMs));
  const heard = agent === undefined ? track : withEcho(track, agent, echo);
  for (let at = 0; at < heard.length; at += FRAME) {
    if (agent !== undefined) farEnd.sent(frameOf(agent, at), clock.now());
    await clock.advance(20);
    caller.audio(encodeMuLaw(Float32Array.from(heard.subarray(at, at + FRAME))), at / 8);
  }
  caller.close();
  return { starts, utterances };
}

const frameOf = (agent: Uint8Array, at: number) =>
  Uint8Array.from({ length: FRAME }, (_, index) => agent[(at + index) % agent.length] ?? 0xff);

function withEcho(track: Int16Array, agent: Uint8Array, echo: Listening['echo']): Int16Array {
  if (echo === undefined) return track;
  const voice = decodeMuLaw(agent);
  const gain = 10 ** (echo.gainDb / 20);
  const late = (NETWORK_MS + echo.delayMs) * 8;
  return track.map(
    (sample, at) => sample + (at < late ? 0 : gain * (voice[(at - late) % voice.length] ?? 0)),
  );
}

const CALLER = decodeMuLaw(callerTrack());
const silence = (ms: number) => new Int16Array(ms * 8);

/** How long each phrase took to be noticed, ms; NaN if it was not. */
const delays = (starts: readonly number[]) =>
  PHRASES.map(({ onsetMs, endMs }) => {
    const start = starts.find((ms) => ms >= onsetMs && ms <= endMs + 200);
    return start === undefined ? Number.NaN : start - onsetMs;
  });

/** A minute of sound that is not speech, from a formula. */
function noise(level: (seconds: number, random: () => number) => number, seed = 3): Int16Array {
  const random = seededRandom(seed);
  return Int16Array.from({ length: 60 * 8_000 }, (_, at) =>
    Math.max(-32_767, Math.min(32_767, level(at / 8_000, random))),
  );
}
const white = (random: () => number) => (random() * 2 - 1) * 1_500;
const tone = (hz: number, seconds: number) => Math.sin(2 * Math.PI * hz * seconds);
const NOISES: readonly [string, Int16Array][] = [
  ['hiss', noise((_, random) => white(random))],
  ['hum', noise((t) => 1_500 * (tone(50, t) + tone(150, t) / 2))],
  ['a dialling tone', noise((t) => 2_000 * (tone(350, t) + tone(440, t)))],
  ['keys', noise((t) => (t % 0.5 < 0.1 ? 3_000 * (tone(697, t) + tone(1_209, t)) : 0))],
  ['clicks', noise((t, random) => (t % 0.23 < 0.008 ? 12 * white(random) : white(random) / 20))],
  ['typing', noise((t, random) => 5 * white(random) * Math.exp(-60 * (t % 0.17)))],
  ['breath', noise((t, random) => white(random) * Math.max(0, Math.sin(2 * Math.PI * 0.3 * t)) ** 2)],
];

describe('listening with the neural detector', () => {
  it.each([
    ['fast', 170],
    ['balanced', 200],
    ['patient', 740],
  ] as const)(
    'notices every phrase while we talk: %s, within %i ms of its onset',
    async (profile, withinMs) => {
      const { starts } = await listen(CALLER, { profile, agent: new Uint8Array(FRAME).fill(0xff) });
      expect(starts).toHaveLength(PHRASES.length);
      expect(Math.max(...delays(starts))).toBeLessThanOrEqual(withinMs);
    },
  );

  it.each(NOISES)('does not take %s for speech', async (_, track) => {
    expect((await listen(track, { profile: 'fast' })).starts).toEqual([]);
  });

  it.each([30, 120, 250])(
    'our own voice, back after %i ms and 20 dB softer, is not the caller',
    async (delayMs) => {
      const echo = { gainDb: -20, delayMs };
      expect((await listen(silence(60_000), { agent: agentTrack(), echo })).starts).toEqual([]);
    },
  );

  it('the caller is heard through our echo', async () => {
    const echo = { gainDb: -20, delayMs: 120 };
    const { starts } = await listen(CALLER, { agent: agentTrack(), echo });
    const missed = delays(starts).filter(Number.isNaN);
    expect(missed).toEqual([]);
    expect(starts).toHaveLength(PHRASES.length);
  });

  it('each phrase with a pause behind it is a turn', async () => {
    const { utterances } = await listen(CALLER);
    expect(utterances).toHaveLength(PHRASES.length);
  });
});
