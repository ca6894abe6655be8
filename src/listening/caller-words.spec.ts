import { describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';
import { VirtualClock } from '../testing/virtual-clock.js';
import { CallerWords } from './caller-words.js';
import type { Transcript } from './transcriber.js';

const FINAL_TIMEOUT_MS = 1_500;

function setUp() {
  const clock = new VirtualClock();
  const transcripts = new Subject<Transcript>();
  const words = new CallerWords(
    { name: 'by hand', transcribe: () => transcripts },
    clock,
    { finalTimeoutMs: FINAL_TIMEOUT_MS },
    () => undefined,
  );
  const understands = (text: string, final: boolean) => {
    transcripts.next({ text, final });
  };
  /** The caller has paused, and the turn is over. @returns the words of turns, as they come */
  const turns: string[] = [];
  const turn = async (waitMs = FINAL_TIMEOUT_MS) => {
    words.commit();
    words.take().subscribe((text) => turns.push(text));
    await clock.advance(waitMs);
  };
  return { words, understands, turn, turns };
}

describe('a turn that did not wait for its final transcript', () => {
  it('leaves to the next one only what it had not taken', async () => {
    const { understands, turn, turns } = setUp();
    understands('where is', false);
    await turn();
    understands('Where is my order?', true);
    await turn(0);
    understands('Thanks.', true);
    expect(turns).toEqual(['where is', 'my order? Thanks.']);
  });

  it('leaves all of it where it was understood differently, and the same words when they are said again', async () => {
    const { understands, turn, turns } = setUp();
    understands('yes', false);
    await turn();
    understands('Yeah.', true);
    await turn(0);
    understands('Yes.', true);
    expect(turns).toEqual(['yes', 'Yeah. Yes.']);
  });
});

describe('the words so far', () => {
  it('are none while the caller is withheld, and are there again behind it', () => {
    const { words, understands } = setUp();
    const told: string[] = [];
    words.text$.subscribe((text) => told.push(text));
    words.commit();
    understands('my number is', true);
    words.withhold();
    words.release();
    words.commit();
    understands('', true); // of what was withheld
    expect(told).toEqual(['', 'my number is', '', 'my number is']);
  });
});
