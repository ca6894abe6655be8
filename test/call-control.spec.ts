import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { VirtualClock, ScriptedAgent, twilioSignature, parseTwiml } from '../src/testing/index.js';
import { resolveOptions, type TwilioVoiceOptions } from '../src/twilio-voice.options.js';
import { PublicUrls } from '../src/twilio/public-urls.js';
import { StreamTokens } from '../src/twilio/stream-token.js';
import { TwilioRest } from '../src/twilio/twilio-client.js';
import { TwilioCallControl } from '../src/twilio/twilio-rest.js';
import { VoiceTwiml } from '../src/twilio/twiml.js';
import { AUTH_TOKEN, Host } from './support/host.js';
import { LocalTwilio } from './support/local-twilio.js';

const SID = `CA${'0'.repeat(32)}`;
const BASE = { publicUrl: 'https://voice.example.com', authToken: AUTH_TOKEN };

describe('the real Twilio client', () => {
  let twilio: LocalTwilio;
  beforeEach(async () => {
    twilio = await LocalTwilio.start();
  });
  afterEach(() => {
    twilio.close();
  });
  const control = (own: TwilioVoiceOptions = {}) => {
    const options = resolveOptions({ ...BASE, ...own });
    return new TwilioCallControl(
      options,
      new TwilioRest(options, twilio.client),
      new VoiceTwiml(options, new StreamTokens(options, new VirtualClock()), new PublicUrls(options)),
    );
  };
  const update = () =>
    twilio.requests.map(({ method, path, form }) => ({
      method,
      path: path.replace(/^.*(?=\/Calls)/, ''),
      form,
    }));

  it.each([
    [{ to: '+4930123456', ringSeconds: 25 }, 'timeout="25"><Number>+4930123456</Number>'],
    [
      { to: '+4930123456', callerId: '+4930999', ringSeconds: 7 },
      'timeout="7" callerId="+4930999"><Number>+4930123456</Number>',
    ],
    [{ to: 'sip:desk@example.com', ringSeconds: 25 }, 'timeout="25"><Sip>sip:desk@example.com</Sip>'],
  ])('transfers to %j by one update', async (target, dial) => {
    expect(await control({ limits: { callMs: Infinity } }).transfer(SID, target)).toBe(true);
    expect(update()).toEqual([
      {
        method: 'POST',
        path: `/Calls/${SID}.json`,
        form: {
          Twiml:
            '<?xml version="1.0" encoding="UTF-8"?><Response>' +
            '<Dial action="https://voice.example.com/voice/transferred" method="POST" ' +
            `${dial}</Dial></Response>`,
        },
      },
    ]);
  });

  it('lets a transferred call last longer than one of ours', async () => {
    await control({ limits: { callMs: 600_000 } }).transfer(SID, { to: '+4930123456', ringSeconds: 25 });
    expect(twilio.requests[0]?.form).toMatchObject({ TimeLimit: '14400' });
  });

  it('presses keys by one update, after which the same call gets a new stream', async () => {
    expect(await control().sendDigits(SID, 'ww12#')).toBe(true);
    expect(twilio.requests).toHaveLength(1);
    const { children } = parseTwiml(twilio.requests[0]?.form['Twiml'] ?? '');
    expect(children.map(({ name }) => name)).toEqual(['Play', 'Connect', 'Redirect']);
    expect(children[0]?.attributes).toEqual({ digits: 'ww12#' });
    const stream = children[1]?.children[0];
    expect(stream).toMatchObject({
      name: 'Stream',
      attributes: { url: 'wss://voice.example.com/voice/stream' },
    });
    expect(stream?.children.map(({ attributes }) => attributes['name'])).toEqual(['_token']);
    const tokens = new StreamTokens(resolveOptions(BASE), new VirtualClock());
    const token = stream?.children[0]?.attributes['value'];
    expect(tokens.redeem(token, SID, () => true)).toBe('ok'); // though the stream before it may be going on
  });

  it('says so when Twilio refuses, also when the call is over', async () => {
    twilio.refusals.push({ status: 404, code: 20_404 }, { status: 400, code: 21_205 });
    const target = { to: '+4930123456', ringSeconds: 25 };
    await expect(control().transfer(SID, target)).rejects.toMatchObject({ code: 20_404 });
    await expect(control().sendDigits(SID, '1')).rejects.toMatchObject({ code: 21_205 });
  });

  it('is not available without credentials', async () => {
    const options = resolveOptions({ publicUrl: 'http://127.0.0.1:3000' });
    const without = new TwilioCallControl(options, new TwilioRest(options));
    expect(await without.transfer(SID, { to: '+4930123456', ringSeconds: 25 })).toBe(false);
    expect(await without.sendDigits(SID, '1')).toBe(false);
  });
});

describe('after a transfer', () => {
  it.each([
    ['completed', ['Hangup']],
    ['answered', ['Hangup']],
    ['canceled', ['Hangup']],
    ['busy', ['Say', 'Hangup']],
    ['no-answer', ['Say', 'Hangup']],
    ['failed', ['Say', 'Hangup']],
    ['', ['Say', 'Hangup']],
  ])('that ended with %j the caller hears %j', async (DialCallStatus, verbs) => {
    const host = await Host.boot({ agent: (clock) => new ScriptedAgent(clock, ['hello']) });
    const url = 'https://voice.example.com/voice/transferred';
    const form = { CallSid: SID, DialCallStatus };
    const signed = { 'x-twilio-signature': twilioSignature(AUTH_TOKEN, url, form) };
    const answer = await host.transport.post(url, form, signed);
    expect(parseTwiml(answer.body).children.map(({ name }) => name)).toEqual(verbs);
    expect((await host.transport.post(url, form, {})).status).toBe(403);
    await host.module.close();
  });
});
