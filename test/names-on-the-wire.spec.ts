import { describe, expect, it } from '@jest/globals';
import { parseTwiml, ScriptedAgent, type TwimlElement } from '../src/testing/index.js';
import { Host } from './support/host.js';

const FROM = '+15550107';
const WORDS = 'Confidential words about pineapples.';

const all = (element: TwimlElement): TwimlElement[] => [element, ...element.children.flatMap(all)];

/** What stands in Twilio's own logs of a call: addresses and names. */
describe('the names and addresses that Twilio is given', () => {
  it('hold no word, no number and no token', async () => {
    const host = await Host.boot({
      agent: (clock) => new ScriptedAgent(clock, [WORDS], { greeting: WORDS }),
    });
    const call = host.dial({ from: FROM });
    await host.clock.advance(2_500);
    call.speak(800);
    await host.clock.advance(4_000);
    const twiml = all(parseTwiml(call.eventsOf('twiml')[0]!.detail));
    const [stream] = twiml.filter(({ name }) => name === 'Stream');
    const [redirect] = twiml.filter(({ name }) => name === 'Redirect');
    const { url = '', statusCallback = '', name = '' } = stream!.attributes;
    expect(name).toMatch(/^voice-[0-9a-f-]{36}$/);
    expect([url, statusCallback].map((address) => new URL(address).search)).toEqual(['', '']);
    // What a second connection takes is sealed: in no writing is any of it to be read.
    const [, sealed = ''] = /^\?again=([\w-]+)$/.exec(new URL(redirect!.text).search) ?? [];
    expect(sealed).not.toBe('');
    const unpacked = Buffer.from(sealed, 'base64url').toString('latin1');
    const marks = call.eventsOf('mark').map(({ detail }) => detail);
    expect(marks.length).toBeGreaterThan(20);
    for (const mark of marks) expect(mark).toMatch(/^u\d+\.(?:g\d+\.)?[a-z]*\d*$/);
    const token = /name="_token" value="([^"]+)"/.exec(call.eventsOf('twiml')[0]!.detail)![1]!;
    for (const secret of [token, FROM, 'pineapples', 'Confidential'])
      expect([url, statusCallback, redirect!.text, unpacked, name, ...marks].join(' ')).not.toContain(secret);
    call.hangUp();
    await host.clock.advance(500);
    await host.module.close();
  });
});
