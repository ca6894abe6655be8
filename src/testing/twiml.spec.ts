import { describe, expect, it } from '@jest/globals';
import twilio from 'twilio';
import { readStreamVerb } from './stream-verb.js';
import { parseTwiml } from './twiml-parser.js';
import { runTwiml, type TwimlHost } from './twiml-runner.js';
import { twilioSignature } from './twilio-signature.js';

const response = (verbs: string) => `<?xml version="1.0" encoding="UTF-8"?><Response>${verbs}</Response>`;

describe('parseTwiml', () => {
  it('reads what the twilio package writes', () => {
    const document = new twilio.twiml.VoiceResponse();
    const stream = document.connect().stream({ url: 'wss://h/s', name: 'a<b>&"c"' });
    stream.parameter({ name: 'x', value: 'ä & <ö>' });
    document.say('5 < 6');
    const [connect, say] = parseTwiml(document.toString()).children;
    expect(connect?.children[0]?.attributes).toEqual({ url: 'wss://h/s', name: 'a<b>&"c"' });
    expect(connect?.children[0]?.children[0]?.attributes).toEqual({ name: 'x', value: 'ä & <ö>' });
    expect(say?.text).toBe('5 < 6');
  });

  it('reads entities, CDATA, comments and mixed text', () => {
    const say = parseTwiml(
      "<Response><!-- c --><Say a='1'>&#72;&#x69; <b>you</b> <![CDATA[<&]]></Say></Response>",
    );
    expect(say.children[0]).toMatchObject({ name: 'Say', attributes: { a: '1' }, text: 'Hi you <&' });
  });

  it.each([
    ['', 'no element'],
    ['<Say/>', 'not <Response>'],
    ['<Response><Say></Response>', 'closes <Say>'],
    ['<Response>', 'not closed'],
    ['<Response/><Response/>', 'second root'],
    ['<Response/>text', 'outside the root'],
    ['<Response>a & b</Response>', 'bad entity'],
    ['<Response>&nbsp;</Response>', 'bad entity'],
    ['<Response a="1" a="2"/>', 'twice'],
    ['<Response a=1/>', 'not well-formed'],
    ['{"error":1}', 'outside the root'],
    [response(`<Say>${'x'.repeat(65_536)}</Say>`), '64 kB'],
  ])('refuses %.40s', (xml, message) => {
    expect(() => parseTwiml(xml)).toThrow(message);
  });
});

describe('readStreamVerb', () => {
  const read = (attributes: string, children = '', base = 'https://h/voice/incoming') =>
    readStreamVerb(parseTwiml(response(`<Stream ${attributes}>${children}</Stream>`)).children[0]!, base);

  it.each([
    ['url="wss://h/s"', 'https://h/', 'wss://h/s'],
    ['url="/voice/stream"', 'https://h/voice/incoming', 'wss://h/voice/stream'],
    ['url="ws://127.0.0.1:3000/s"', 'http://127.0.0.1:3000/', 'ws://127.0.0.1:3000/s'],
    ['url="ws://localhost/s" track="inbound_track"', 'http://localhost/', 'ws://localhost/s'],
  ])('takes %s', (attributes, base, url) => {
    expect(read(attributes, '', base)).toMatchObject({ url });
  });

  it.each([
    ['url="ws://h/s"', '', 31922],
    ['url="https://h/s"', '', 31922],
    ['url="wss://h/s?a=1"', '', 31920],
    ['url="wss://"', '', 31923],
    ['', '', 31923],
    ['url="wss://h/s" track="both_tracks"', '', 31941],
    ['url="wss://h/s" statusCallback="/status"', '', 12100],
    ['url="wss://h/s"', '<Parameter name="a"/>', 12100],
    ['url="wss://h/s"', `<Parameter name="a" value="${'x'.repeat(499)}"/>`, 12100],
    ['url="wss://h/s"', '<Say/>', 12100],
  ])('refuses %s %.30s', (attributes, children, code) => {
    expect(read(attributes, children)).toMatchObject({ code });
  });

  it('takes a parameter of 499 characters', () => {
    const value = 'x'.repeat(498);
    expect(read('url="wss://h/s"', `<Parameter name="a" value="${value}"/>`)).toMatchObject({
      parameters: { a: value },
    });
  });
});

describe('runTwiml', () => {
  const run = async (documents: Record<string, string>) => {
    const log: string[] = [];
    const host: TwimlHost = {
      over: false,
      onVerb: ({ name }) => log.push(name),
      onSay: (text) => log.push(`"${text}"`),
      onError: (code) => log.push(`error ${code}`),
      wait: () => Promise.resolve(),
      stream: ({ url }) => Promise.resolve(void log.push(url)),
      request: (url) => {
        const body = documents[url];
        return Promise.resolve(body === undefined ? undefined : { url, body: response(body) });
      },
    };
    const end = await runTwiml(
      { url: 'https://h/in', body: response(documents['https://h/in'] ?? '') },
      host,
    );
    return { log, end };
  };
  const stream = '<Connect><Stream url="wss://h/s"/></Connect>';

  it.each([
    ['', 'twiml-ran-out', []],
    ['<Say> one\n two </Say><Pause/><Play>u</Play>', 'twiml-ran-out', ['Say', '"one two"', 'Pause', 'Play']],
    [`${stream}<Hangup/><Say>never</Say>`, 'hangup', ['Connect', 'wss://h/s', 'Hangup']],
    ['<Reject/>', 'reject', ['Reject']],
    ['<Dial>+1</Dial><Say>never</Say>', 'dial', ['Dial']],
    ['<Gather/><Say>on</Say>', 'twiml-ran-out', ['Gather', 'error 12200', 'Say', '"on"']],
    ['<Connect/><Hangup/>', 'hangup', ['Connect', 'error 12100', 'Hangup']],
    ['<Redirect>https://</Redirect>', 'error', ['Redirect', 'error 11100']],
    ['<Redirect>missing</Redirect>', 'error', ['Redirect']],
    ['<Redirect>/in</Redirect>', 'error', expect.arrayContaining(['error 12100'])],
  ])('runs %s', async (verbs, end, log) => {
    expect(await run({ 'https://h/in': verbs })).toEqual({ log, end });
  });

  it('follows Redirect and Connect action with relative URLs', async () => {
    const { log, end } = await run({
      'https://h/in': `${stream}<Redirect>a/next</Redirect><Say>never</Say>`,
      'https://h/a/next': '<Connect action="last"><Stream url="/s2"/></Connect><Say>never</Say>',
      'https://h/a/last': '<Hangup/>',
    });
    expect(log).toEqual(['Connect', 'wss://h/s', 'Redirect', 'Connect', 'wss://h/s2', 'Hangup']);
    expect(end).toBe('hangup');
  });
});

describe('twilioSignature', () => {
  it('is what the twilio package expects', () => {
    const form = { To: '+1', CallSid: 'CA1', From: '+2', Digits: '1 2&3' };
    for (const url of [
      'https://h/voice/incoming',
      'https://h/a?b=c&d=e',
      'http://127.0.0.1:3000/voice/incoming',
    ])
      expect(twilio.validateRequest('token', twilioSignature('token', url, form), url, form)).toBe(true);
    const signature = twilioSignature('token', 'wss://user:pass@h:443/voice/stream#rc=2');
    expect(twilio.validateRequest('token', signature, 'wss://h/voice/stream', {})).toBe(true);
  });
});
