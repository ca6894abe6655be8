import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../testing/virtual-clock.js';
import { resolveOptions } from '../twilio-voice.options.js';
import { SealedContext } from './calls/sealed-context.js';
import { SecondAttempt } from './second-attempt.js';

const PARAMETERS = { account: '4711' };

describe('what another connection of a call takes', () => {
  const clock = new VirtualClock();
  const contexts = (authToken: string) =>
    new SealedContext(resolveOptions({ publicUrl: 'https://voice.example.com', authToken }));
  const second = new SecondAttempt(clock, contexts('one'));

  it('is known to every instance for five seconds', async () => {
    const sealed = second.seal('CA1', PARAMETERS);
    await clock.advance(5_000);
    expect(new SecondAttempt(clock, contexts('one')).open('CA1', sealed)).toEqual(PARAMETERS);
    await clock.advance(1);
    expect(second.open('CA1', sealed)).toBeUndefined();
  });

  it.each<[string, () => [string, unknown]]>([
    ['of another call', () => ['CA2', second.seal('CA1', PARAMETERS)]],
    ['of another secret', () => ['CA1', new SecondAttempt(clock, contexts('two')).seal('CA1', PARAMETERS)]],
    ['of an outbound call', () => ['CA1', contexts('one').seal(PARAMETERS)]],
    ['made up', () => ['CA1', 'AAAA']],
    ['missing', () => ['CA1', undefined]],
    ['given twice', () => ['CA1', [second.seal('CA1', PARAMETERS), 'x']]],
  ])('is refused when it is %s', (_, given) => {
    expect(second.open(...given())).toBeUndefined();
  });

  it('is left out where it would make an address too long', () => {
    expect(second.seal('CA1', { note: 'x'.repeat(400) })?.length).toBeLessThan(1_500);
    expect(second.seal('CA1', Object.fromEntries([1, 2, 3].map((n) => [`n${n}`, 'x'.repeat(480)])))).toBe(
      undefined,
    );
  });
});
