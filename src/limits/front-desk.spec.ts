import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { MemoryStore } from '../sharing/memory-store.js';
import { ALONE } from '../sharing/sharing-status.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { resolveOptions, type TwilioVoiceOptions } from '../twilio-voice.options.js';
import type { ArrivingCall, CallAdmission } from './call-admission.js';
import { type CallerRates, SharedCallerRates } from './caller-rates.js';
import { FrontDesk, type Reception } from './front-desk.js';

const call = { callSid: 'CA1', from: '+15550100', to: '+15550101', direction: 'inbound' };
const never = () => new Promise<never>(() => undefined);

describe('The front desk', () => {
  let clock: VirtualClock;
  let lines: string[];
  beforeEach(() => {
    clock = new VirtualClock();
    lines = [];
    for (const level of ['log', 'warn', 'error', 'debug'] as const)
      jest.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => {
        if (level !== 'debug') lines.push(`${level} ${String(line)}`);
      });
  });

  function desk(
    parts: {
      readonly limits?: TwilioVoiceOptions['limits'];
      readonly rates?: CallerRates;
      readonly admit?: CallAdmission['admit'];
      readonly acceptsCalls?: boolean;
    } = {},
  ) {
    const options = resolveOptions({ limits: parts.limits });
    const {
      admit,
      rates = new SharedCallerRates(new MemoryStore(clock), clock),
      acceptsCalls = true,
    } = parts;
    const admission = admit === undefined ? undefined : { admit };
    return new FrontDesk(options, clock, rates, admission, undefined, { ...ALONE, acceptsCalls });
  }

  /** What becomes of a call, after `ms` at most. */
  async function received(at: FrontDesk, changes: Partial<ArrivingCall> = {}, ms = 0): Promise<unknown> {
    let reception: Reception | 'undecided' = 'undecided';
    void at.receive({ ...call, ...changes }).then((result) => (reception = result));
    await clock.advance(ms);
    return reception;
  }

  it.each<[string, CallAdmission['admit'], Reception]>([
    ['true', () => true, 'connect'],
    ['a promise of true', () => Promise.resolve(true), 'connect'],
    ['false', () => false, 'busy'],
    ['a sentence', () => ({ say: 'We are closed.' }), { say: 'We are closed.' }],
    ['parameters', () => ({ parameters: { tenant: 'a' } }), { parameters: { tenant: 'a' } }],
    ['parameters that are no texts', () => ({ parameters: { tenant: 1 } }) as never, 'failed'],
    ['parameters and a sentence', () => ({ parameters: {}, say: '' }), 'failed'],
    ['nothing', () => undefined as never, 'failed'],
    ['a number', () => 1 as never, 'failed'],
    ['an empty sentence', () => ({ say: ' ' }), 'failed'],
    ['no text to say', () => ({ say: 1 }) as never, 'failed'],
    ['null', () => null as never, 'failed'],
  ])('takes %s for what it is', async (_, admit, reception) => {
    expect(await received(desk({ admit }))).toEqual(reception);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each<[string, CallAdmission['admit'], RegExp]>([
    ['throws', () => raise(new RangeError('ceiling of +15550100')), /CALL_ADMISSION failed with RangeError:/],
    ['rejects', () => Promise.reject(new RangeError('x')), /CALL_ADMISSION failed with RangeError:/],
    ['throws what is no error', () => raise('ceiling'), /CALL_ADMISSION failed with string:/],
    ['does not answer', never, /CALL_ADMISSION failed with TimeoutError \(no answer within 3000 ms\):/],
  ])('is closed when the admission %s, unless the host wants it open', async (_, admit, complaint) => {
    expect(await received(desk({ admit }), {}, 3_000)).toBe('failed');
    const open = desk({ admit, limits: { admission: { onFailure: 'admit' } } });
    expect(await received(open, {}, 3_000)).toBe('connect');
    expect(lines).toEqual([expect.stringMatching(complaint), expect.stringMatching(complaint)]);
    expect(lines.join()).toMatch(/the call is refused.*the call is let in/);
    expect(lines.join()).not.toContain('15550100');
  });

  it('waits for the admission as long as it may take, and no longer', async () => {
    const slow = (ms: number) => ({
      limits: { admission: { timeoutMs: 500 } },
      admit: () =>
        new Promise<boolean>((resolve) =>
          clock.after(ms, () => {
            resolve(true);
          }),
        ),
    });
    expect(await received(desk(slow(499)), {}, 499)).toBe('connect');
    expect(await received(desk(slow(2_000)), {}, 499)).toBe('undecided');
    expect(await received(desk(slow(2_000)), {}, 500)).toBe('failed');
  });

  it.each<[string, CallerRates['take']]>([
    ['throws', () => raise(new Error('down'))],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['does not answer', never],
  ])('is open when the store of the rates %s, unless the host wants it closed', async (_, take) => {
    const admit = jest.fn<CallAdmission['admit']>(() => true);
    expect(await received(desk({ rates: { take }, admit }), {}, 1_000)).toBe('connect');
    expect(admit).toHaveBeenCalledTimes(1);
    const closed = desk({ rates: { take }, admit, limits: { onStoreFailure: 'refuse' } });
    expect(await received(closed, {}, 1_000)).toBe('busy');
    expect(admit).toHaveBeenCalledTimes(1);
    expect([...closed.refusals]).toEqual([['CALLER_RATES failed', 1]]);
    const complaint = (consequence: string) =>
      expect.stringMatching(
        `^error Call CA1: CALLER_RATES failed .* ${consequence} \\(limits.onStoreFailure\\)$`,
      );
    expect(lines).toEqual([complaint('let in'), complaint('refused')]);
  });

  it('refuses a call when what the instances share is away and no call is to be taken then, and asks nobody', async () => {
    const [take, admit] = [
      jest.fn<CallerRates['take']>(() => true),
      jest.fn<CallAdmission['admit']>(() => true),
    ];
    const at = desk({ rates: { take }, admit, acceptsCalls: false });
    expect(await received(at)).toBe('busy');
    expect([take.mock.calls, admit.mock.calls]).toEqual([[], []]);
    expect([...at.refusals]).toEqual([['sharing away', 1]]);
    expect(lines).toEqual(['log Call CA1: refused, as what the instances share is away']);
  });

  it('does not ask the admission about a call over the caller’s rate', async () => {
    const admit = jest.fn<CallAdmission['admit']>(() => true);
    const at = desk({ limits: { callsPerCaller: { most: 1 } }, admit });
    expect(await received(at)).toBe('connect');
    expect(await received(at, { callSid: 'CA2' })).toBe('busy');
    expect(admit).toHaveBeenCalledTimes(1);
    expect(lines).toEqual(['log Call CA2: refused, over limits.callsPerCaller']);
  });

  it('tells the admission who calls, and nothing in place of a withheld number', async () => {
    const admit = jest.fn<CallAdmission['admit']>(() => true);
    const at = desk({ admit });
    await received(at);
    await received(at, { from: '+266696687', callSid: 'CA2' });
    expect(admit.mock.calls).toEqual([[call], [{ ...call, from: '', callSid: 'CA2' }]]);
  });

  it('counts the calls of those who withhold their number together, apart from the others’', async () => {
    const at = desk({ limits: { callsPerCaller: { most: 1 }, withheldCalls: { most: 2 } } });
    const froms = ['Anonymous', '', 'sip:anonymous@anonymous.invalid', '+15550100', 'unavailable'];
    const receptions = [];
    for (const [index, from] of froms.entries())
      receptions.push(await received(at, { from, callSid: `CA${index}` }));
    expect(receptions).toEqual(['connect', 'connect', 'busy', 'connect', 'busy']);
    expect(lines.join()).toContain('over limits.withheldCalls');
  });

  it('lets in nobody who withholds the number, if the host says so', async () => {
    const at = desk({ limits: { withheldCalls: { most: 0 } } });
    expect([await received(at, { from: 'Restricted' }), await received(at)]).toEqual(['busy', 'connect']);
  });

  it.each(['outbound-api', 'outbound-dial'])('does not count calls that are %s', async (direction) => {
    const at = desk({ limits: { callsPerCaller: { most: 1 } } });
    for (let index = 0; index < 5; index++)
      expect(await received(at, { direction, callSid: `CA${index}` })).toBe('connect');
  });

  it('counts nothing where the rate has no limit', async () => {
    const take = jest.fn<CallerRates['take']>(() => false);
    const at = desk({ limits: { callsPerCaller: { most: Infinity } }, rates: { take } });
    expect(await received(at)).toBe('connect');
    expect(take).not.toHaveBeenCalled();
  });

  it('asks nobody about a call for which there is no stream', async () => {
    const [take, admit] = [
      jest.fn<CallerRates['take']>(() => true),
      jest.fn<CallAdmission['admit']>(() => true),
    ];
    const at = desk({ rates: { take }, admit });
    expect(await at.receive(call, true)).toBe('busy');
    expect([take.mock.calls, admit.mock.calls]).toEqual([[], []]);
    expect(lines).toEqual(['log Call CA1: refused, over limits.maxStreams']);
  });

  it('writes no control character of a webhook to the log', async () => {
    const at = desk({ admit: () => false });
    await received(at, { callSid: 'CA1\r\nfake line\u001b[31m' });
    expect(lines).toEqual(['log A call: refused by CALL_ADMISSION']);
  });
});

function raise(error: unknown): never {
  throw error;
}
