import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../testing/index.js';
import { LineSuccession } from './line-succession.js';
import type { StreamReceiver } from './stream.js';

function scene() {
  const clock = new VirtualClock();
  const heard: string[] = [];
  const call: StreamReceiver = {
    audio: (_, timestampMs) => heard.push(`audio ${timestampMs}`),
    mark: (name) => heard.push(`mark ${name}`),
    digit: (digit) => heard.push(`digit ${digit}`),
    ended: (reason) => heard.push(`ended ${reason}`),
  };
  const lines = new LineSuccession();
  return { clock, heard, next: () => lines.next(clock, call) };
}
const FRAME = new Uint8Array(160);

describe('a stream that follows another', () => {
  it('goes on with the time of the one before, and the time between them', async () => {
    const { clock, heard, next } = scene();
    const first = next();
    first.audio(FRAME, 155);
    first.audio(FRAME, 175);
    await clock.advance(2_000);
    const second = next();
    second.audio(FRAME, 40);
    second.audio(FRAME, 60);
    expect(heard).toEqual(['audio 155', 'audio 175', 'audio 2175', 'audio 2195']);
  });

  it('is the only one that counts from then on', () => {
    const { heard, next } = scene();
    const first = next();
    const second = next();
    first.audio(FRAME, 1);
    first.mark('old');
    first.digit('1');
    first.ended('stop');
    expect(heard).toEqual([]);
    second.mark('new');
    second.digit('2');
    second.ended('stop');
    expect(heard).toEqual(['mark new', 'digit 2', 'ended stop']);
  });
});
