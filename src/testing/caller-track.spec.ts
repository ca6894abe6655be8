import { describe, expect, it } from '@jest/globals';
import { CallerTrack } from './caller-track.js';
import { VirtualClock } from './virtual-clock.js';

const sound = (ms: number) => new Uint8Array(ms * 8);

describe('what a caller said', () => {
  it('is nothing at first', () => {
    expect(new CallerTrack(new VirtualClock()).said).toEqual([]);
  });

  it('is one stretch where there was no gap, and another one after a gap', async () => {
    const clock = new VirtualClock();
    const track = new CallerTrack(clock);
    track.say(sound(300));
    track.say(sound(200)); // as soon as the first is over
    await clock.advance(700);
    track.say(sound(100));
    expect(track.said).toEqual([
      { startMs: 0, durationMs: 500, endMs: 500 },
      { startMs: 700, durationMs: 100, endMs: 800 },
    ]);
  });

  it('ends where the caller stopped', async () => {
    const clock = new VirtualClock();
    const track = new CallerTrack(clock);
    track.say(sound(300));
    track.say(sound(200));
    await clock.advance(120);
    track.hush();
    expect(track.said).toEqual([{ startMs: 0, durationMs: 120, endMs: 120 }]);
  });
});
