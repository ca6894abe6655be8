import { describe, expect, it, jest } from '@jest/globals';
import type { VoiceCall } from '../../call/voice-call.js';
import { type AgentConditions, checkedConditions, chooseAgent, conflict } from './agent-conditions.js';

const SALES = '+4930111';
const SUPPORT = '+4930222';
const callTo = (to: string, more: Record<string, string> = {}) =>
  callOf({ to, direction: 'inbound', ...more });
const callFrom = (from: string, more: Record<string, string> = {}) =>
  callOf({ from, to: '+4940999', direction: 'outbound-api', ...more });
const callOf = (parameters: Record<string, string>) => ({ parameters }) as Partial<VoiceCall> as VoiceCall;

const candidates = (agents: Record<string, AgentConditions>) =>
  Object.entries(agents).map(([name, conditions]) => ({
    name,
    agent: { name },
    conditions: checkedConditions(name, conditions),
  }));

function choose(call: VoiceCall, agents: Record<string, AgentConditions>) {
  const failed = jest.fn();
  const { chosen, rival } = chooseAgent(call, candidates(agents), failed);
  return { chosen: chosen?.name, rival: rival?.name, failed };
}

describe('the agent for a call', () => {
  const byNumber = { rest: {}, sales: { number: SALES }, support: { number: ['+4930333', SUPPORT] } };

  it.each<[string, VoiceCall, string | undefined]>([
    ['came in on its number', callTo(SALES), 'sales'],
    ['came in on one of its numbers', callTo(SUPPORT), 'support'],
    ['came in on another', callTo('+4930999'), 'rest'],
    ['was placed from its number', callFrom(SALES), 'sales'],
    ['was placed to its number, from another', callFrom('+4930999', { to: SALES }), 'rest'],
    ['came in from its number, on another', callTo('+4930999', { from: SALES }), 'rest'],
    ['does not tell its number', callOf({}), 'rest'],
  ])('by number is the one whose call %s', (_, call, chosen) => {
    expect(choose(call, byNumber).chosen).toBe(chosen);
  });

  it.each<[string, VoiceCall, Record<string, AgentConditions>, string | undefined]>([
    ['a parameter', callTo(SALES, { tenant: 'a' }), { a: { parameter: { tenant: 'a' } } }, 'a'],
    ['another value', callTo(SALES, { tenant: 'b' }), { a: { parameter: { tenant: 'a' } } }, undefined],
    ['no such parameter', callTo(SALES), { a: { parameter: { tenant: 'a' } } }, undefined],
    ['a name of every object', callTo(SALES), { a: { parameter: { constructor: 'Object' } } }, undefined],
    [
      'one parameter of two',
      callTo(SALES, { tenant: 'a' }),
      { a: { parameter: { tenant: 'a', language: 'de' } } },
      undefined,
    ],
    ['a number and no parameter', callTo(SALES), { a: { number: SALES, parameter: { x: '' } } }, undefined],
    [
      'what a function tells',
      callTo(SALES),
      { a: { when: ({ parameters }) => parameters['to'] === SALES } },
      'a',
    ],
    ['what a function denies', callTo(SALES), { a: { when: () => false } }, undefined],
  ])('by %s', (_, call, agents, chosen) => {
    expect(choose(call, agents).chosen).toBe(chosen);
  });

  const all: Record<string, AgentConditions> = {
    rest: {},
    number: { number: SALES },
    one: { parameter: { tenant: 'a' } },
    oneOfNumber: { number: SALES, parameter: { tenant: 'a' } },
    two: { parameter: { tenant: 'a', language: 'de' } },
    when: { when: () => true },
    whenOfNumber: { number: SALES, when: () => true },
    whenOfParameter: { parameter: { tenant: 'a' }, when: () => true },
  };
  const order = Object.keys(all).reverse();

  it.each(order.map((name, index) => [name, order.slice(index)] as const))(
    'is the most specific: %s, of those that are left',
    (name, left) => {
      const call = callTo(SALES, { tenant: 'a', language: 'de' });
      const agents = Object.fromEntries(Object.entries(all).filter(([one]) => left.includes(one)));
      expect(choose(call, agents)).toMatchObject({ chosen: name, rival: undefined });
      expect(choose(call, Object.fromEntries(Object.entries(agents).reverse())).chosen).toBe(name);
    },
  );

  it('is the first of two that are as specific, and the other is told', () => {
    const agents = { a: { parameter: { x: '1' } }, b: { parameter: { y: '1' } }, rest: {} };
    const call = callTo(SALES, { x: '1', y: '1' });
    expect(choose(call, agents)).toMatchObject({ chosen: 'a', rival: 'b' });
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['answers later', () => Promise.resolve(true)],
    ['answers later, and cannot', () => Promise.reject(new Error('no'))],
    ['answers nothing', () => undefined],
  ])('is another one when its function %s, and that is told', (_, when) => {
    const { chosen, failed } = choose(callTo(SALES), { a: { when: when as () => boolean }, rest: {} });
    expect(chosen).toBe('rest');
    expect(failed).toHaveBeenCalledTimes(1);
  });

  it('is asked itself, by its function', () => {
    const when = jest.fn<NonNullable<AgentConditions['when']>>(() => true);
    const call = callTo(SALES);
    choose(call, { a: { when } });
    expect(when).toHaveBeenCalledWith(call, { name: 'a' });
  });
});

describe('conditions', () => {
  it.each<[string, object, RegExp]>([
    ['a number without its country', { number: '030111' }, /Sales: number must be .*E\.164.*not 030111/],
    ['no number', { number: [] }, /number names no number/],
    ['an environment variable that is not set', { number: undefined }, /number is undefined/],
    ['one of several', { number: [SALES, undefined] }, /number must be .*not undefined/],
    ['no parameter', { parameter: {} }, /parameter names no parameter/],
    ['a parameter that is no text', { parameter: { a: 1 } }, /parameter a must be a text, not number/],
    ['an unknown condition', { numbers: SALES }, /numbers is unknown; there are number, parameter, when/],
    ['no function', { when: true }, /when must be a function/],
    ['a function that answers later', { when: async () => Promise.resolve(true) }, /when must be .*at once/],
  ])('are refused by name: %s', (_, conditions, message) => {
    expect(() => checkedConditions('Sales', conditions)).toThrow(message);
  });

  it.each<[string, Record<string, AgentConditions>, string | undefined]>([
    ['the same number', { a: { number: [SUPPORT, SALES] }, b: { number: SALES } }, `number ${SALES}`],
    [
      'the same parameters, in another order',
      { a: { parameter: { x: '1', y: '2' } }, b: { parameter: { y: '2', x: '1' } } },
      'parameter x=1, parameter y=2',
    ],
    ['none, both', { a: {}, b: {} }, ''],
    [
      'the same number, one with a parameter',
      { a: { number: SALES }, b: { number: SALES, parameter: { x: '1' } } },
      undefined,
    ],
    ['a number that is given twice', { a: { number: [SALES, SALES] } }, undefined],
    ['functions', { a: { when: () => true }, b: { when: () => true } }, undefined],
    ['other numbers', { a: { number: SALES }, b: { number: SUPPORT }, rest: {} }, undefined],
  ])('that no call could tell apart are found: %s', (_, agents, shared) => {
    expect(conflict(candidates(agents))?.shared).toBe(shared);
  });
});
