import { beforeEach, describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';
import type { CallEvent } from '../call/voice-call.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { CallLimiter } from './call-limiter.js';
import type { CallLimits } from './limits.options.js';

const NONE: CallLimits = {
  callMs: Infinity,
  silenceMs: Infinity,
  turns: Infinity,
  tokens: Infinity,
  speechCharacters: Infinity,
};
const usage = { kind: 'model', model: 'any', inputTokens: 50, outputTokens: 50 } as const;

describe('The limiter of a call', () => {
  let clock: VirtualClock;
  let events: Subject<CallEvent>;
  let closed: string[];
  let isAudible: boolean;
  beforeEach(() => {
    clock = new VirtualClock();
    events = new Subject();
    closed = [];
    isAudible = true; // as long as the agent speaks
  });

  const limiter = (limits: Partial<CallLimits>) =>
    new CallLimiter(
      {
        isAudible: () => isAudible,
        events$: events,
        closeAfterLimit: (limit, goodbye) => {
          closed.push(`${limit} ${goodbye}`);
        },
      },
      clock,
      { ...NONE, ...limits },
      'bye',
    );
  const happens = (event: Partial<CallEvent>) => {
    events.next({ atMs: clock.now(), ...event } as CallEvent);
  };

  it('closes the call once, at the first of its limits', async () => {
    const limits = limiter({ speechCharacters: 10, tokens: 100, turns: 1, callMs: 1_000, silenceMs: 1_000 });
    limits.spoken(10);
    limits.spoken(10);
    happens({ type: 'usage', usage });
    await clock.advance(0);
    for (let turn = 0; turn < 3; turn++) happens({ type: 'turn' });
    await clock.advance(5_000);
    expect(closed).toEqual(['speechCharacters bye']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not cut an answer in the middle of the step that reaches the limit', async () => {
    const limits = limiter({ speechCharacters: 10 });
    limits.spoken(10);
    expect(closed).toEqual([]);
    await clock.advance(0);
    expect(closed).toEqual(['speechCharacters bye']);
  });

  it.each<Partial<CallEvent>[]>([
    [{ type: 'digit' }],
    [{ type: 'caller-started' }, { type: 'caller-stopped' }],
    [{ type: 'agent-sounding' }, { type: 'agent-settled' }],
    [
      { type: 'agent-sounding' },
      { type: 'caller-started' },
      { type: 'agent-settled' },
      { type: 'caller-stopped' },
    ],
  ])('counts the silence anew after %j', async (...sounds) => {
    limiter({ silenceMs: 1_000 });
    for (const sound of sounds) {
      await clock.advance(999);
      happens(sound);
    }
    await clock.advance(999);
    expect(closed).toEqual([]);
    await clock.advance(1);
    expect(closed).toEqual(['silenceMs bye']);
  });

  it.each<Partial<CallEvent>[]>([
    [{ type: 'caller-started' }],
    [{ type: 'agent-sounding' }],
    [{ type: 'agent-sounding' }, { type: 'caller-started' }, { type: 'agent-settled' }],
    [{ type: 'agent-sounding' }, { type: 'digit' }],
  ])('counts no silence after %j', async (...sounds) => {
    limiter({ silenceMs: 1_000 });
    for (const sound of sounds) happens(sound);
    await clock.advance(100_000);
    expect(closed).toEqual([]);
  });

  it('counts the silence in an answer that has begun and goes on', async () => {
    limiter({ silenceMs: 10_000 });
    happens({ type: 'agent-sounding' });
    await clock.advance(60_500);
    isAudible = false;
    await clock.advance(9_000);
    expect(closed).toEqual([]);
    await clock.advance(1_500);
    expect(closed).toEqual(['silenceMs bye']);
  });

  it('counts it anew when the answer is heard again', async () => {
    limiter({ silenceMs: 10_000 });
    happens({ type: 'agent-sounding' });
    for (let pause = 0; pause < 5; pause++) {
      isAudible = false;
      await clock.advance(8_000);
      isAudible = true;
      await clock.advance(2_000);
    }
    expect(closed).toEqual([]);
  });

  it.each<Partial<CallEvent>>([{ type: 'transcript' }, { type: 'history' }, { type: 'usage', usage }])(
    'does not take %j for a sound',
    async (event) => {
      limiter({ silenceMs: 1_000 });
      await clock.advance(500);
      happens(event);
      await clock.advance(500);
      expect(closed).toEqual(['silenceMs bye']);
    },
  );

  it('does nothing any more once the call is over', async () => {
    const limits = limiter({ speechCharacters: 10, callMs: 1_000, silenceMs: 500 });
    limits.spoken(10);
    events.complete();
    await clock.advance(5_000);
    limits.spoken(10);
    await clock.advance(0);
    expect(closed).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
