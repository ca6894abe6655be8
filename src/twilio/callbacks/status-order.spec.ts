import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CallStatus } from './callback-events.js';
import { StatusOrder, type ToldStatus } from './status-order.js';

const at = (sequence: number | undefined, status: CallStatus) => ({
  status,
  sequence,
  details: `${status} ${sequence}`,
});
const told = (statuses: readonly ToldStatus<string>[]) =>
  statuses.map(({ status, details }) => (details === undefined ? `(${status})` : status));

describe('status callbacks', () => {
  it('are told in their order, whatever the order they come in', () => {
    const order = new StatusOrder<string>();
    expect(told(order.add(at(1, 'ringing')))).toEqual([]);
    expect(order.hasGap).toBe(true);
    expect(told(order.add(at(0, 'initiated')))).toEqual(['initiated', 'ringing']);
    expect(order.hasGap).toBe(false);
  });

  it('are told once', () => {
    const order = new StatusOrder<string>();
    expect(told(order.add(at(0, 'initiated')))).toEqual(['initiated']);
    expect(told(order.add(at(0, 'initiated')))).toEqual([]);
  });

  it('never leave a terminal state, which is known before it is told', () => {
    const order = new StatusOrder<string>();
    order.add(at(3, 'completed'));
    expect(order.status).toBe('completed');
    order.add(at(2, 'in-progress'));
    expect(order.status).toBe('completed');
    expect(told(order.closeGap())).toEqual(['(initiated)', '(ringing)', 'in-progress', 'completed']);
    expect(told(order.add(at(4, 'in-progress')))).toEqual([]);
    expect(order.status).toBe('completed');
  });

  it.each<[string, { sequence: number; status: CallStatus }, string[]]>([
    [
      'an answered call has rung',
      { sequence: 2, status: 'in-progress' },
      ['(initiated)', '(ringing)', 'in-progress'],
    ],
    ['one that was busy at once has not', { sequence: 1, status: 'busy' }, ['(initiated)', 'busy']],
    [
      'one that nobody answered has',
      { sequence: 2, status: 'no-answer' },
      ['(initiated)', '(ringing)', 'no-answer'],
    ],
    // Two of three events were asked for: which two, nobody knows.
    ['what leaves a doubt is not', { sequence: 2, status: 'completed' }, ['completed']],
  ])('that are lost are told where a later one proves them: %s', (_, { sequence, status }, expected) => {
    const order = new StatusOrder<string>();
    expect(order.add(at(sequence, status))).toEqual([]);
    expect(told(order.closeGap())).toEqual(expected);
  });

  it('without numbers are told as they come, and only forward out of a terminal state', () => {
    const order = new StatusOrder<string>();
    expect(told(order.add(at(undefined, 'ringing')))).toEqual(['ringing']);
    expect(told(order.add(at(undefined, 'completed')))).toEqual(['completed']);
    expect(told(order.add(at(undefined, 'in-progress')))).toEqual([]);
    expect(order.status).toBe('completed');
  });

  it.each<[string, CallStatus[]]>([
    ['answered', ['initiated', 'ringing', 'in-progress', 'completed']],
    ['not answered', ['initiated', 'ringing', 'no-answer']],
    ['busy', ['initiated', 'busy']],
  ])('shuffled, repeated and lost in any way tell the same: a call that was %s', (_, course) => {
    const last = course.length - 1;
    const deliveries = fc
      .record({
        lost: fc.subarray(course.slice(0, last).map((_each, index) => index)),
        repeated: fc.array(fc.nat(last), { maxLength: 4 }),
      })
      .chain(({ lost, repeated }) => {
        const all = [...course.keys(), ...repeated].filter((index) => !lost.includes(index));
        return fc.shuffledSubarray(all, { minLength: all.length });
      });
    fc.assert(
      fc.property(deliveries, fc.array(fc.boolean(), { minLength: 8 }), (delivered, patienceEnds) => {
        const order = new StatusOrder<string>();
        const all = delivered.flatMap((index, arrival) => [
          ...order.add(at(index, course[index] ?? 'failed')),
          ...(patienceEnds[arrival] === true ? order.closeGap() : []),
        ]);
        all.push(...order.closeGap());
        expect(all.map(({ status }) => status)).toEqual(course);
        expect(order.status).toBe(course[last]);
      }),
      { numRuns: 1_000 },
    );
  });
});
