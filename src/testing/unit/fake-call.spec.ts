import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import type { CallEvent, SpeechOutcome, VoiceAgent, VoiceCall } from '../../index.js';
import { simulateCall } from '../simulate-call.js';
import { FakeCall } from './fake-call.js';

@Injectable()
class Silent implements VoiceAgent {
  reply = () => '';
}

/** A real call and a fake one do this, with time for it; what came of it is told. */
async function both(what: (call: VoiceCall) => Promise<unknown>) {
  const settings = { transfers: { sales: { to: '+4930123456' } } };
  await using real = await simulateCall(Silent, { settings });
  const fake = new FakeCall({ transfers: ['sales'] });
  const run = async (call: VoiceCall, clock: { advance(ms: number): Promise<void> }) => {
    const types: CallEvent['type'][] = [];
    call.events$.subscribe(({ type }) => types.push(type));
    const result = what(call).catch((error: unknown) => error);
    await clock.advance(8_000);
    const { history, isSensitive, wasSensitive } = call;
    const told = types.filter((type) => type === 'history' || type === 'ended');
    return { result: await result, history, isSensitive, wasSensitive, told };
  };
  return [await run(real.voiceCall, real.clock), await run(fake, fake.clock)] as const;
}

/** What does not depend on how long a sound lasts. */
const gist = ({
  ended,
  heardText,
  unheardText,
  heardMs,
  synthesizedMs,
  method,
  textMethod,
}: SpeechOutcome) => ({
  ended,
  heardText,
  unheardText,
  heardMs,
  synthesizedMs,
  method,
  textMethod,
});

describe('a fake call does as a real one does', () => {
  const deeds: [string, (call: VoiceCall) => Promise<unknown>][] = [
    ['when something is said', async (call) => gist(await call.say('It is on its way.'))],
    ['when nothing is said', async (call) => (await call.say('')).ended],
    ['when a text fails', (call) => call.say(Promise.reject(new Error('no database')))],
    [
      'when something is said in a sensitive task',
      (call) => call.sensitive(async () => (await call.say('Your PIN is 4711.')).heardText),
    ],
    ['when a sensitive task fails', (call) => call.sensitive(() => Promise.reject(new Error('no keys')))],
    ['when it is hung up', (call) => call.hangUp()],
    [
      'when something is said after it was hung up',
      async (call) => {
        await call.hangUp();
        await call.say('Wait.');
      },
    ],
    [
      'when a sensitive task comes after it was hung up',
      async (call) => {
        await call.hangUp();
        await call.sensitive(() => 1);
      },
    ],
    [
      'when it is transferred after it was hung up',
      async (call) => {
        await call.hangUp();
        await call.transfer('sales');
      },
    ],
    ['when it is transferred to nobody that is known', (call) => call.transfer('support')],
    ['when it is transferred to a wrong number', (call) => call.transfer({ to: '12' })],
    ['when keys are pressed that there are not', (call) => call.sendDigits('12x')],
  ];
  it.each(deeds)('%s', async (_, deed) => {
    const [real, fake] = await both(deed);
    expect(fake).toEqual(real);
  });
});
