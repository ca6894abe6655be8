import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TWILIO_CLIENT, type TwilioClient, type TwilioVoiceOptions } from '../src/index.js';
import { ScriptedAgent, twilioSignature } from '../src/testing/index.js';
import { AUTH_TOKEN, Host } from './support/host.js';
import { LocalTwilio } from './support/local-twilio.js';

let host: Host;
let twilio: LocalTwilio;
beforeEach(async () => {
  twilio = await LocalTwilio.start();
});
afterEach(async () => {
  const closed = host.module.close();
  await host.clock.advance(10_000);
  await closed;
  twilio.close();
});

async function boot(limits: TwilioVoiceOptions['limits'], client: TwilioClient = twilio.client) {
  host = await Host.boot({
    agent: (clock) => new ScriptedAgent(clock, ['a short answer'], { greeting: 'hello' }),
    settings: { limits },
    providers: () => [{ provide: TWILIO_CLIENT, useValue: client }],
  });
  twilio.startedAt = host.clock.epoch();
}

/** Each request as one line: method, path below the account, form. */
const requests = () =>
  twilio.requests.map(({ method, path, form }) =>
    [method, path.replace(/^.*(?=\/Calls)/, ''), new URLSearchParams(form).toString()].join(' ').trim(),
  );

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let tries = 0; !isTrue(); tries++) {
    if (tries > 2_000)
      throw new Error(`waited in vain for ${what}, after ${twilio.requests.length} requests`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Resolves once there were so many requests. */
const requested = (count: number) => until(`${count} requests`, () => twilio.requests.length >= count);

/** Time for requests that must not come. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

describe('Twilio’s own time limit', () => {
  it('is set a minute above ours, by updating the call', async () => {
    await boot({ callMs: 30_000 });
    const call = host.dial();
    await host.clock.advance(1_000);
    await requested(2);
    const path = `/Calls/${call.callSid}.json`;
    // The stream starts within the first second.
    expect(requests()).toEqual([`GET ${path}`, `POST ${path} TimeLimit=91`]);
    await host.clock.advance(36_000);
    await requested(3); // ours came first, said goodbye and hung up
    expect(requests().at(-1)).toBe(`POST ${path} Status=completed`);
    expect(requests().join()).not.toContain('/Streams');
  });

  it('counts from the start of the call, which may be long before that of the stream', async () => {
    await boot({ callMs: 30_000 });
    twilio.startedAt = host.clock.epoch() - 600_000;
    host.dial();
    await host.clock.advance(1_000);
    await requested(2);
    expect(requests()[1]).toMatch(/ TimeLimit=691$/);
  });

  it('is no shorter where our own clock is wrong', async () => {
    await boot({ callMs: 30_000 });
    twilio.startedAt = host.clock.epoch() + 3_600_000;
    host.dial();
    await host.clock.advance(1_000);
    await requested(2);
    expect(requests()[1]).toMatch(/ TimeLimit=90$/);
  });

  it('is left alone without a limit of ours', async () => {
    await boot({ callMs: Infinity });
    host.dial();
    await host.clock.advance(1_000);
    await pause();
    expect(requests()).toEqual([]);
  });

  it('is left alone in a call of the host’s own, which has the limit it was made with', async () => {
    await boot({});
    const outgoing = {
      ...host.transport,
      post: (url: string, form: Readonly<Record<string, string>>) => {
        const changed = { ...form, Direction: 'outbound-api' };
        return host.transport.post(url, changed, {
          'x-twilio-signature': twilioSignature(AUTH_TOKEN, url, changed),
        });
      },
    };
    const call = host.dial({ transport: outgoing });
    await host.clock.advance(1_000);
    await pause();
    expect(host.registry.find(call.callSid)?.parameters['direction']).toBe('outbound-api');
    expect(requests()).toEqual([]);
  });

  it('is left alone where the host’s client cannot tell when the call began', async () => {
    const updates: unknown[] = [];
    await boot({}, { calls: () => ({ update: (change) => Promise.resolve(updates.push(change)) }) });
    host.dial();
    await host.clock.advance(1_000);
    expect(updates).toEqual([]);
    expect(host.logs.join()).not.toContain('callMs');
  });

  it('that Twilio refuses is one error for all calls, and they go on', async () => {
    await boot({});
    twilio.refusals.push({ status: 400, code: 13216 }, { status: 400, code: 13216 });
    const calls = [host.dial(), host.dial()];
    await host.clock.advance(1_000);
    await requested(2);
    const complaints = () => host.logs.filter((line) => line.includes('limits.callMs was not set'));
    await until('a complaint', () => complaints().length > 0);
    await pause();
    expect(complaints()).toEqual([expect.stringMatching(/^Call CA\w+: .* 13216$/)]);
    expect(calls.map(({ endedBy }) => endedBy)).toEqual([undefined, undefined]);
    expect(host.voice.utterances).toHaveLength(2);
  });

  it('that Twilio refuses because the call is over is no error', async () => {
    let refuse: (error: unknown) => void = () => undefined;
    const fetched = new Promise<never>((_, reject) => (refuse = reject));
    await boot({}, { calls: () => ({ update: () => Promise.resolve(), fetch: () => fetched }) });
    const call = host.dial();
    await host.clock.advance(1_000);
    call.hangUp();
    await host.clock.advance(1_000);
    refuse(Object.assign(new Error('not in progress'), { code: 21220 }));
    await host.clock.advance(0);
    expect(host.logs.join()).not.toContain('callMs');
  });

  it('of a call that Twilio does not know any more is no error', async () => {
    await boot({});
    twilio.refusals.push({ status: 404, code: 20404 });
    host.dial();
    await host.clock.advance(1_000);
    await requested(1);
    await pause();
    expect(host.logs.join()).not.toContain('callMs');
  });
});
