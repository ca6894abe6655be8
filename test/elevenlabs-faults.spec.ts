import { describe, expect, test } from '@jest/globals';
import type { ElevenLabsFault, ScaledClock, SimulatedCall } from '../src/testing/index.js';
import type { CallEvent, VoiceAgent } from '../src/index.js';
import { ElevenLabsHost, type ElevenLabsHostOptions } from './support/elevenlabs-host.js';
import { HummingVoice, longestSilenceMs, noiseMs, soundsOf } from './support/heard-audio.js';

const SORRY = 'Sorry, I did not manage that. Could you say it again?';
const TEXT = 'This is the first sentence of the answer. And here is a second one, which is a little longer.';
/** From a clause's text to the filler: the first audio's deadline, the filler's delay, and a busy machine. */
const SILENCE_LIMIT_MS = 2_000;
/** Within so much of the stream's start, the last way must be speaking. */
const LADDER_MS = 1_200 + 4_000;

class Monologue implements VoiceAgent {
  onCallStart = () => TEXT;
  reply = () => '';
}

/** Writes on while nothing is heard. */
class SlowWriter implements VoiceAgent {
  constructor(private readonly clock: ScaledClock) {}

  async *onCallStart() {
    for (const clause of TEXT.split(/(?<=[.,] )/)) {
      yield clause;
      await this.clock.pass(900);
    }
  }

  reply = () => '';
}

interface Outcome {
  readonly host: ElevenLabsHost;
  readonly call: SimulatedCall;
  readonly humming: HummingVoice;
  readonly noiseMs: number;
  readonly silenceMs: number;
  /** ms from the stream's start to the first sound of each kind. */
  readonly firstMs: Readonly<Record<string, number>>;
  /** Words at the caller's ear, fillers left out, in order. */
  readonly words: string;
  readonly history: string;
  /** From the stream's start to the end of the greeting or the call, ms. */
  readonly overMs: number;
  readonly struck: number;
}

async function callWith(
  faults: readonly ElevenLabsFault[],
  options: Partial<ElevenLabsHostOptions> = {},
): Promise<Outcome> {
  let humming: HummingVoice | undefined;
  const host = await ElevenLabsHost.boot({
    agent: () => new Monologue(),
    speed: 2,
    fallback: (clock: ScaledClock) => (humming = new HummingVoice(clock)),
    ...options,
  });
  try {
    await host.until('the phrases', () => host.server.generations.length >= 3, 5_000).catch(() => undefined);
    host.server.journal.clear();
    host.server.fail(...faults);
    const call = host.dial();
    await call.connected;
    const startMs = host.clock.now();
    const events = () => host.events.get(call.callSid) ?? [];
    await host.until('the end of the greeting', () => events().some(isSettled), 20_000);
    const endMs = host.clock.now();
    const sounds = soundsOf(call, startMs, endMs);
    const spoken = sounds.findLastIndex(({ kind }) => kind !== 'silence');
    const told = sounds.slice(0, spoken + 1);
    const firstMs: Record<string, number> = {};
    for (const { kind, startMs: at } of told) firstMs[kind] ??= at - startMs;
    if (spoken === -1) await call.ended;

    return {
      host,
      call,
      humming: humming ?? new HummingVoice(host.clock),
      noiseMs: noiseMs(told),
      silenceMs: longestSilenceMs(told),
      firstMs,
      words: wordsOf(host, call),
      history: events()
        .filter((event) => event.type === 'history')
        .map(({ entry }) => entry.text)
        .join(' '),
      overMs: endMs - startMs,
      struck: host.server.struck,
    };
  } finally {
    await host.close();
  }
}

const isSettled = (event: CallEvent) =>
  (event.type === 'agent-settled' && event.account.ended !== 'failed') || event.type === 'ended';

function wordsOf(host: ElevenLabsHost, call: SimulatedCall): string {
  const bytes = call.stream?.playout.heardBytes() ?? new Uint8Array(0);
  return host.server
    .heard(bytes)
    .map(({ text }) => text.trim())
    .filter((text) => !text.startsWith('One moment'))
    .join(' ')
    .replace(/\s+/g, ' ');
}

const name = (faults: readonly ElevenLabsFault[]) =>
  faults
    .map(({ where, kind, code, after, times }) =>
      [
        where,
        kind,
        code ?? '',
        after === undefined ? '' : `after ${after}`,
        times === Infinity ? 'always' : '',
      ]
        .filter((part) => part !== '')
        .join(' '),
    )
    .join(' and ');

const always = { times: Infinity };
const noSocket: ElevenLabsFault = { where: 'upgrade', kind: '500', ...always };

/** The vendor's own ways carry the whole answer. */
const MENDED: readonly (readonly ElevenLabsFault[])[] = [
  [{ where: 'upgrade', kind: '429' }],
  [{ where: 'upgrade', kind: '500' }],
  [{ where: 'upgrade', kind: 'hang' }],
  [{ where: 'upgrade', kind: 'slow' }],
  ...(['error-1008', 'error-1011', 'cut', 'close-1000', 'stall', 'early-end'] as const).flatMap((kind) =>
    [0, 2].map((after): ElevenLabsFault[] => [{ where: 'socket', kind, after }]),
  ),
  ...(
    [
      'late-frames',
      'duplicate-final',
      'missing-final',
      'no-context',
      'unknown-context',
      'malformed-json',
      'huge-message',
      'empty-audio',
      'odd-audio',
    ] as const
  ).map((kind): ElevenLabsFault[] => [{ where: 'socket', kind, ...always }]),
  [{ where: 'upgrade', kind: '429', code: 'system_busy', retryAfterS: 30, ...always }],
  [{ where: 'upgrade', kind: '500', ...always }],
  [{ where: 'upgrade', kind: '503', ...always }],
  [{ where: 'upgrade', kind: 'hang', ...always }],
  [{ where: 'socket', kind: 'stall', after: 0, ...always }],
  [{ where: 'socket', kind: 'cut', after: 0, ...always }],
];

/** The fallback voice has to help out. */
const FALLEN: readonly (readonly ElevenLabsFault[])[] = [
  ...(['401', '403', '404'] as const).map((kind): ElevenLabsFault[] => [
    { where: 'upgrade', kind, ...always },
  ]),
  ...(['401', '403', '404', '422', '500', '503', 'json', 'slow', 'hang', 'early-end', 'cut'] as const).map(
    (kind): ElevenLabsFault[] => [noSocket, { where: 'http', kind, ...always }],
  ),
  ...(
    [
      'concurrent_limit_exceeded',
      'rate_limit_exceeded',
      'too_many_concurrent_requests',
      'system_busy',
    ] as const
  ).map((code): ElevenLabsFault[] => [
    noSocket,
    { where: 'http', kind: '429', code, retryAfterS: 30, ...always },
  ]),
  [noSocket, { where: 'http', kind: 'stall', after: 1, ...always }],
  [
    { where: 'socket', kind: 'stall', after: 0, ...always },
    { where: 'http', kind: 'hang', ...always },
  ],
];

describe('when ElevenLabs fails', () => {
  test.concurrent.each(MENDED.map((faults) => [name(faults), faults] as const))(
    'its other ways say the rest: %s',
    async (_, faults) => {
      const { noiseMs: noise, silenceMs, words, history, struck } = await callWith(faults);
      expect(struck).toBeGreaterThan(0);
      expect(noise).toBe(0);
      expect(silenceMs).toBeLessThan(SILENCE_LIMIT_MS);
      expect(lettersOf(words)).toContain(lettersOf('which is a little longer'));
      expect({ words, missing: missing(words) }).toEqual({ words, missing: [] });
      expect(repeated(words)).toBeLessThanOrEqual(1);
      expect(history).toBe(TEXT);
    },
    60_000,
  );

  test.concurrent.each(FALLEN.map((faults) => [name(faults), faults] as const))(
    'the fallback voice says the rest: %s',
    async (_, faults) => {
      const outcome = await callWith(faults);
      const { noiseMs: noise, silenceMs, firstMs, words, history, humming, struck } = outcome;
      expect(struck).toBeGreaterThanOrEqual(faults.length);
      expect(noise).toBe(0);
      expect(silenceMs).toBeLessThan(SILENCE_LIMIT_MS);
      expect(firstMs['hum']).toBeLessThan(LADDER_MS + (words === '' ? 0 : 6_000));
      const rest = humming.texts.at(-1) ?? '';
      expect(missing(`${words} ${rest}`)).toEqual([]);
      expect(repeated(`${words} ${rest}`)).toBeLessThanOrEqual(1);
      expect(TEXT.endsWith(rest.trim())).toBe(true);
      expect(history).toBe(TEXT);
    },
    60_000,
  );

  test.concurrent(
    'a model that goes on writing does not put off the discovery',
    async () => {
      const faults: ElevenLabsFault[] = [
        { where: 'socket', kind: 'stall', after: 0, ...always },
        { where: 'http', kind: 'hang', ...always },
      ];
      const agent = (clock: ScaledClock) => new SlowWriter(clock);
      const { silenceMs, firstMs, humming } = await callWith(faults, { agent });
      expect(silenceMs).toBeLessThan(SILENCE_LIMIT_MS);
      expect(firstMs['hum']).toBeLessThan(LADDER_MS);
      expect(humming.texts.join('')).toContain('This is the first sentence');
    },
    60_000,
  );

  test.concurrent(
    'and there is no other voice, the caller hears an apology in the same voice, made beforehand',
    async () => {
      const faults: ElevenLabsFault[] = [noSocket, { where: 'http', kind: '500', ...always }];
      const { noiseMs: noise, silenceMs, host, call } = await callWith(faults, { fallback: () => undefined });
      expect(noise).toBe(0);
      expect(silenceMs).toBeLessThan(SILENCE_LIMIT_MS);
      const bytes = call.stream?.playout.heardBytes() ?? new Uint8Array(0);
      expect(host.server.heard(bytes).map(({ text }) => text.trim())).toContain(SORRY);
    },
    60_000,
  );

  test.concurrent(
    'from the start and there is no other voice, the telephone network says the closing line',
    async () => {
      const server = { apiKey: 'another key' };
      const { noiseMs: noise, overMs, call } = await callWith([], { fallback: () => undefined, server });
      expect(noise).toBe(0);
      expect(overMs).toBeLessThan(SILENCE_LIMIT_MS); // nothing of ours was heard before
      expect(call.spoken.join(' ')).toMatch(/technical problem/);
    },
    60_000,
  );
});

const lettersOf = (text: string) => text.replace(/\W/g, '').toLowerCase();

/** Words beyond those of the answer: one that was cut in the middle may be said again. */
const repeated = (words: string): number =>
  (words.match(/\w+/g) ?? []).length - (TEXT.match(/\w+/g) ?? []).length;

/** Words of the answer that were not said, in order. */
function missing(words: string): string[] {
  const said: string[] = words.toLowerCase().match(/\w+/g) ?? [];
  let at = 0;
  return (TEXT.toLowerCase().match(/\w+/g) ?? []).filter((word) => {
    const found = said.indexOf(word, at);
    if (found === -1) return true;
    at = found + 1;
    return false;
  });
}
