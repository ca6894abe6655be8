import { describe, expect, it } from '@jest/globals';
import { EMPTY } from 'rxjs';
import { Preemption } from './preemption.js';
import { Speech } from './speech.js';

/** An answer that was asked for with a history of two entries, unless the test says otherwise. */
function setUp(answer: { failed?: boolean; historyLength?: number | undefined } = {}) {
  const told: string[] = [];
  const preemption = new Preemption({ preemptive: 'text', preemptiveAttempts: 3 }, ({ transcript }) => ({
    speech: new Speech('answer', EMPTY),
    made: {
      failed: answer.failed ?? false,
      stop: () => told.push(`stopped ${transcript}`),
    },
    historyLength: 'historyLength' in answer ? answer.historyLength : 2,
    confirm: () => told.push(`confirmed ${transcript}`),
    discarded: () => told.push(`discarded ${transcript}`),
  }));
  return { preemption, told };
}

describe('what was made for a guess', () => {
  it('is taken when the turn is what was guessed', () => {
    const { preemption, told } = setUp();
    preemption.offer({ transcript: 'yes' });
    expect(preemption.take('Yes.', 2)).toBeInstanceOf(Speech);
    expect(told).toEqual(['confirmed yes']);
    expect(preemption.take('Yes.', 2)).toBeUndefined(); // once
  });

  it.each([
    ['other words', {}, 'no', 2],
    ['a history that has grown since', {}, 'yes', 3],
    ['an answer that failed', { failed: true }, 'yes', 2],
    ['an answer that could not be asked for yet', { historyLength: undefined }, 'yes', 2],
  ])('is discarded for %s', (_, answer, transcript, historyLength) => {
    const { preemption, told } = setUp(answer);
    preemption.offer({ transcript: 'yes' });
    expect(preemption.take(transcript, historyLength)).toBeUndefined();
    expect(told).toEqual(['stopped yes', 'discarded yes']);
  });

  it('is kept while the guess stays the same, and gives way to another', () => {
    const { preemption, told } = setUp();
    preemption.offer({ transcript: 'yes' });
    preemption.offer({ transcript: 'Yes!' });
    expect(told).toEqual([]);
    preemption.offer({ transcript: 'yes I do' });
    expect(told).toEqual(['stopped yes', 'discarded yes']);
  });

  it('is so many attempts a turn, and as many in the next', () => {
    const { preemption, told } = setUp();
    for (const transcript of ['a', 'b', 'c', 'd', 'e']) preemption.offer({ transcript });
    expect(told.filter((line) => line.startsWith('discarded'))).toEqual([
      'discarded a',
      'discarded b',
      'discarded c',
    ]);
    preemption.take('f', 2);
    preemption.offer({ transcript: 'g' });
    expect(preemption.take('g', 2)).toBeInstanceOf(Speech);
  });
});
