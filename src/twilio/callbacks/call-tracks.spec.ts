import { beforeEach, describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { CallTracks } from './call-tracks.js';

const MINUTE = 60_000;

describe('the tracks of calls', () => {
  let clock: VirtualClock;
  let tracks: CallTracks<string>;
  beforeEach(() => {
    clock = new VirtualClock();
    tracks = new CallTracks(clock, 3);
  });

  it('know a call for ten minutes after its end, so that a late callback does not begin it anew', async () => {
    const track = tracks.of('CA1');
    tracks.ended(track);
    await clock.advance(9 * MINUTE);
    tracks.ended(track); // once more, as a repeated callback has it
    tracks.of('CA2');
    expect(tracks.of('CA1')).toBe(track);
    await clock.advance(2 * MINUTE);
    tracks.of('CA3');
    expect(tracks.find('CA1')).toBeUndefined();
    expect(tracks.size).toBe(2);
  });

  it('know a call that does not end for a day, and then no longer', async () => {
    const track = tracks.of('CA1');
    await clock.advance(23 * 60 * MINUTE);
    tracks.of('CA2');
    expect(tracks.of('CA1')).toBe(track);
    await clock.advance(2 * 60 * MINUTE);
    tracks.of('CA3');
    expect(tracks.find('CA1')).toBeUndefined();
  });

  it('are never more than there is room for: the oldest goes, and what it waited for with it', async () => {
    tracks.of('CA1').gap.set(1_000, () => {
      throw new Error('of a call that is forgotten');
    });
    for (const call of ['CA2', 'CA3', 'CA4']) tracks.of(call);
    expect(tracks.size).toBe(3);
    expect(tracks.find('CA1')).toBeUndefined();
    await clock.advance(2_000);
  });
});
