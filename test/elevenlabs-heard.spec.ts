import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SpeechOutcome, VoiceAgent, VoiceCall } from '../src/index.js';
import { type AlignmentMode, type SimulatedCall, seededRandom } from '../src/testing/index.js';
import { ElevenLabsHost } from './support/elevenlabs-host.js';

const SPEED = 5;
/** Calls at once. */
const CALLS = 14;
const CUTS_PER_CALL = 6;
const WORDS =
  'if only we had known then what is plain to everybody now, the whole thing would never have come so far'.split(
    ' ',
  );
const TEXT = Array.from({ length: 4 }, (_, index) => {
  const words = [...WORDS.slice(index * 3), ...WORDS.slice(0, index * 3)].map((word) =>
    word.replace(',', ''),
  );
  return `${words.slice(0, 9).join(' ')}, ${words.slice(9).join(' ')}.`;
}).join(' ');

/** A machine that is too busy for this speed is no stalled vendor. */
const PATIENT = { firstAudioMs: 60_000, stallMs: 60_000, finalMs: 60_000, handshakeMs: 60_000 };

interface Cut {
  readonly outcome: SpeechOutcome;
  /** Words of which at least half sounded at the caller's ear. */
  readonly truth: number;
}

class Silent implements VoiceAgent {
  readonly calls: VoiceCall[] = [];
  onCallStart(call: VoiceCall): undefined {
    this.calls.push(call);
  }
  reply = () => '';
}

const count = (text: string) => text.match(/[\p{L}]+/gu)?.length ?? 0;

/** Words of the text that lie at least half before the end of what sounded. */
function wordsBefore(text: string, endMs: number, msPerChar: number): number {
  return [...text.matchAll(/\p{L}+/gu)].filter(
    ({ 0: word, index }) => (index + word.length / 2) * msPerChar <= endMs,
  ).length;
}

describe.each<{ alignment: AlignmentMode; method: SpeechOutcome['textMethod']; flushDone: boolean }>([
  { alignment: 'segment-first', method: 'aligned', flushDone: true },
  { alignment: 'every-chunk', method: 'aligned', flushDone: true },
  { alignment: 'absolute', method: 'aligned', flushDone: true },
  { alignment: 'restarting', method: 'aligned', flushDone: true },
  { alignment: 'null', method: 'proportional', flushDone: true },
  { alignment: 'null', method: 'proportional', flushDone: false },
])(
  'heard words with the times $alignment, flushes told $flushDone, in messages of 20 ms to 2 s',
  ({ alignment, method, flushDone }) => {
    const agent = new Silent();
    let host: ElevenLabsHost;
    let cuts: Cut[];

    beforeAll(async () => {
      const random = seededRandom(11);
      const messageMs = Array.from({ length: 50 }, () => Math.round(20 * 100 ** random()));
      const server = {
        scenario: { alignment, messageMs, flushDone, speed: 8, firstAudioMs: [75, 200] as const },
      };
      host = await ElevenLabsHost.boot({
        agent: () => agent,
        server,
        speed: SPEED,
        voice: { limits: PATIENT },
        settings: { conversation: { replyTimeoutMs: 60_000, stallTimeoutMs: 60_000 } },
      });
      const calls: SimulatedCall[] = Array.from({ length: CALLS }, () => host.dial());
      await host.until('all calls', () => agent.calls.length === CALLS);
      cuts = (await Promise.all(calls.map((call, index) => cutsOf(call, seededRandom(100 + index))))).flat();
    }, 120_000);

    afterAll(() => host.close());

    async function cutsOf(call: SimulatedCall, random: () => number): Promise<Cut[]> {
      const line = agent.calls.find(({ callSid }) => callSid === call.callSid);
      if (line === undefined) throw new Error('no call');
      const made: Cut[] = [];
      for (let cut = 0; cut < CUTS_PER_CALL; cut++) {
        const startMs = host.clock.now();
        const said = line.say(TEXT);
        await host.clock.pass(300 + random() * 7_000);
        line.interrupt();
        const outcome = await said;
        await host.clock.pass(200);
        const bytes = call.stream?.playout.heardAudio(startMs, host.clock.now()) ?? new Uint8Array(0);
        made.push({ outcome, truth: wordsHeard(bytes) });
      }
      return made;
    }

    /** A busy machine may look like a stalled vendor: then another generation says the rest, from some word on. */
    function wordsHeard(bytes: Uint8Array): number {
      const last = host.server
        .heard(bytes)
        .findLast(({ generation }) => TEXT.includes(generation.text.trim()));
      if (last === undefined) return 0;
      const { text } = last.generation;
      const before = TEXT.slice(0, TEXT.indexOf(text.trim()));
      return count(before) + wordsBefore(text, last.lastMs + 1, 60);
    }

    it(`are told in ${CALLS * CUTS_PER_CALL} random cuts, never off by more than ${method === 'aligned' ? 'one' : 'the error that is reported'}`, () => {
      expect(cuts).toHaveLength(CALLS * CUTS_PER_CALL);
      const off = cuts.filter(({ outcome, truth }) => {
        const allowed = method === 'aligned' ? 1 : 1 + Math.ceil(outcome.textErrorMs / 300);
        return Math.abs(count(outcome.heardText) - truth) > allowed;
      });
      expect(off).toEqual([]);
      expect(cuts.filter(({ truth }) => truth > 3).length).toBeGreaterThan(cuts.length / 4);
    });

    it(`are told as ${method}, with the error`, () => {
      const heard = cuts.filter(({ outcome }) => outcome.heardText !== '');
      expect(new Set(heard.map(({ outcome }) => outcome.textMethod))).toEqual(new Set([method]));
      for (const { outcome } of heard) expect(outcome.textErrorMs > 0).toBe(method === 'proportional');
    });

    it('begin the text, and the unheard ones follow', () => {
      for (const { outcome } of cuts) {
        expect(TEXT.startsWith(outcome.heardText)).toBe(true);
        expect(TEXT.slice(outcome.heardText.length).trim().startsWith(outcome.unheardText)).toBe(true);
      }
    });
  },
);
