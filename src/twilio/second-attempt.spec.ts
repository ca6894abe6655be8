import { describe, expect, it } from '@jest/globals';
import { of } from 'rxjs';
import { LocalCallBus } from '../sharing/local-call-bus.js';
import { MemoryDirectory } from '../sharing/memory-directory.js';
import { MemoryStore } from '../sharing/memory-store.js';
import { Sharing } from '../sharing/sharing.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { resolveOptions } from '../twilio-voice.options.js';
import { SealedContext } from './calls/sealed-context.js';
import { SecondAttempt } from './second-attempt.js';
import { StreamTokens } from './stream-token.js';

const PARAMETERS = { account: '4711' };
const clock = new VirtualClock();

/** One of several instances. */
function instance(authToken = 'one', store?: MemoryStore) {
  const options = resolveOptions({ publicUrl: 'https://voice.example.com', authToken });
  const status = { isUp: true, up$: of(true), acceptsCalls: true };
  const sharing = store && new Sharing(status, store, new MemoryDirectory(clock), new LocalCallBus(clock));
  const [contexts, tokens] = [new SealedContext(options), new StreamTokens(options, clock, sharing)];
  return { contexts, tokens, second: new SecondAttempt(clock, contexts, tokens) };
}
const { contexts, tokens, second } = instance();
const sealed = (by = second) => by.seal('CA1', tokens.mint('CA1'), PARAMETERS);

describe('what a second connection of a call takes', () => {
  it('is known to every instance for five seconds', async () => {
    const given = sealed();
    await clock.advance(5_000);
    expect(await instance().second.open('CA1', given, false)).toEqual(PARAMETERS);
    await clock.advance(1);
    expect(await second.open('CA1', given, false)).toBeUndefined();
  });

  it('is not given when the first one was taken, unless it is known to have been refused', async () => {
    const token = tokens.mint('CA1');
    const given = second.seal('CA1', token, PARAMETERS);
    expect(tokens.redeem(token, 'CA1')).toBe('ok');
    expect(await second.open('CA1', given, false)).toBeUndefined();
    expect(await second.open('CA1', given, true)).toEqual(PARAMETERS);
  });

  it('is given instead of the first one: that opens no stream any more, on any instance, nor a second time', async () => {
    const store = new MemoryStore(clock);
    const [here, elsewhere] = [instance('one', store), instance('one', store)];
    const token = tokens.mint('CA1');
    const given = second.seal('CA1', token, PARAMETERS);
    expect(await here.second.open('CA1', given, false)).toEqual(PARAMETERS);
    expect([await here.tokens.redeem(token, 'CA1'), await elsewhere.tokens.redeem(token, 'CA1')]).toEqual([
      'reused',
      'reused',
    ]);
    expect(await elsewhere.second.open('CA1', given, false)).toBeUndefined();
  });

  it.each<[string, () => [string, unknown]]>([
    ['of another call', () => ['CA2', sealed()]],
    ['of another secret', () => ['CA1', sealed(instance('two').second)]],
    ['of an outbound call', () => ['CA1', contexts.seal(PARAMETERS)]],
    ['made up', () => ['CA1', 'AAAA']],
    ['missing', () => ['CA1', undefined]],
    ['given twice', () => ['CA1', [sealed(), 'x']]],
  ])('is refused when it is %s', async (_, given) => {
    expect(await second.open(...given(), true)).toBeUndefined();
  });

  it('is left out where it would make an address too long', () => {
    const token = tokens.mint('CA1');
    const long = Object.fromEntries([1, 2].map((n) => [`n${n}`, 'x'.repeat(480)]));
    expect(second.seal('CA1', token, { note: 'x'.repeat(480) })?.length).toBeLessThan(1_500);
    expect(second.seal('CA1', token, long)).toBeUndefined();
  });
});
