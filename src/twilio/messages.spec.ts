import { describe, expect, it } from '@jest/globals';
import { MessageEncoder } from './encoder.js';
import { parseMessage } from './messages.js';

const streamSid = 'MZ0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c';
const callSid = 'CA0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b';
const accountSid = 'AC0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a';
const silence = Buffer.alloc(160, 0xff).toString('base64');

/** Shapes as seen on the wire and in Twilio's reference; key order as observed. */
const CONNECTED = '{"event":"connected","protocol":"Call","version":"1.0.0"}';
const START = `{"event":"start","sequenceNumber":"1","start":{"accountSid":"${accountSid}","streamSid":"${streamSid}","callSid":"${callSid}","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{}},"streamSid":"${streamSid}"}`;
const START_WITH_PARAMETERS = START.replace(
  '"customParameters":{}',
  '"customParameters":{"FirstName":"Jane","LastName":"Doe","RemoteParty":"Bob"}',
);
const START_2021 = START.replace(',"customParameters":{}', '');
const FIRST_MEDIA = `{"event":"media","sequenceNumber":"2","media":{"track":"inbound","chunk":"1","timestamp":"155","payload":"f39///////9/f39/f3//f3///v///////////39/f3///3//f39/f////3//f3///////39/f39//39/f39/f39//3//f////////39/fn9/f/9/f39/f3//f39/f/9//////3///////////39/f/////9/////////////f39/f39//39//3///3//////f39/f39///9/f39//39/fw=="},"streamSid":"${streamSid}"}`;
const HUNDREDTH = `{"event":"media","sequenceNumber":"102","media":{"track":"inbound","chunk":"101","timestamp":"2088","payload":"${silence}"},"streamSid":"${streamSid}"}`;
const DTMF = `{"event":"dtmf","streamSid":"${streamSid}","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"1"}}`;
const MARK = `{"event":"mark","sequenceNumber":"4","streamSid":"${streamSid}","mark":{"name":"my label"}}`;
const STOP = `{"event":"stop","sequenceNumber":"378","streamSid":"${streamSid}","stop":{"accountSid":"${accountSid}","callSid":"${callSid}"}}`;

describe('A message of Twilio’s', () => {
  const place = (sequenceNumber: number) => ({ sequenceNumber, streamSid });
  const started = { event: 'start', ...place(1), callSid, accountSid, parameters: {} };
  const jane = { FirstName: 'Jane', LastName: 'Doe', RemoteParty: 'Bob' };

  it.each([
    ['connected', CONNECTED, { event: 'connected' }],
    ['start', START, started],
    ['start with parameters', START_WITH_PARAMETERS, { ...started, parameters: jane }],
    ['start of 2021, without parameters', START_2021, started],
    ['dtmf', DTMF, { event: 'dtmf', ...place(5), digit: '1' }],
    ['mark', MARK, { event: 'mark', ...place(4), name: 'my label' }],
    ['stop', STOP, { event: 'stop', ...place(378) }],
    ['an event of tomorrow', '{"event":"weather"}', { event: 'unknown', name: 'weather' }],
  ])('is read: %s', (_, text, expected) => {
    expect(parseMessage(text)).toEqual(expected);
    expect(parseMessage(Buffer.from(text))).toEqual(expected);
  });

  it.each([
    ['first', FIRST_MEDIA, { event: 'media', ...place(2), chunk: 1, timestampMs: 155 }],
    ['hundredth', HUNDREDTH, { event: 'media', ...place(102), chunk: 101, timestampMs: 2088 }],
  ])('carries audio: %s', (_, text, expected) => {
    const message = parseMessage(text);
    expect(message).toMatchObject(expected);
    const { payload } = message as { payload: Buffer };
    expect(payload).toHaveLength(160);
    expect(payload.every((byte) => byte >= 0x7e)).toBe(true);
  });

  it('may write its numbers as numbers and carry fields nobody knows', () => {
    const message = JSON.parse(HUNDREDTH) as { media: object };
    const odd = {
      ...message,
      sequenceNumber: 102,
      later: 1,
      media: { ...message.media, chunk: 101, timestamp: 0 },
    };
    expect(parseMessage(JSON.stringify(odd))).toMatchObject({
      sequenceNumber: 102,
      chunk: 101,
      timestampMs: 0,
    });
  });

  it('cannot reach a prototype through its parameters', () => {
    const message = parseMessage(
      START.replace('"customParameters":{}', '"customParameters":{"__proto__":"x","a":"b"}'),
    );
    const { parameters } = message as { parameters: Record<string, string> };
    expect({ ...parameters }.a).toBe('b');
    expect(Object.getPrototypeOf(parameters)).toBe(Object.prototype);
  });
});

describe('A malformed message', () => {
  const media = (field: string, value: string) => {
    const message = JSON.parse(HUNDREDTH) as { media: Record<string, unknown> };
    message.media[field] = JSON.parse(value);
    return JSON.stringify(message);
  };
  const start = (field: string, value: string) => {
    const message = JSON.parse(START) as { start: Record<string, unknown> };
    message.start[field] = JSON.parse(value);
    return JSON.stringify(message);
  };
  const format = (encoding: string, sampleRate: string, channels: string) =>
    start('mediaFormat', `{"encoding":${encoding},"sampleRate":${sampleRate},"channels":${channels}}`);

  it.each([
    ['nothing', '', 'not-json'],
    ['no JSON', 'hello', 'not-json'],
    ['half a message', HUNDREDTH.slice(0, 90), 'not-json'],
    ['two messages', CONNECTED + CONNECTED, 'not-json'],
    ['a byte-order mark', '\uFEFF' + CONNECTED, 'not-json'],
    ['null', 'null', 'not-an-object'],
    ['a number', '7', 'not-an-object'],
    ['a string', '"media"', 'not-an-object'],
    ['an array', '[]', 'not-an-object'],
    ['no event', '{}', 'no-event'],
    ['an empty event', '{"event":""}', 'no-event'],
    ['a numeric event', '{"event":1}', 'no-event'],
    ['no sequence number', '{"event":"media"}', 'bad-sequence-number'],
    ['sequence number 0', HUNDREDTH.replace('"102"', '"0"'), 'bad-sequence-number'],
    ['a negative sequence number', HUNDREDTH.replace('"102"', '-1'), 'bad-sequence-number'],
    ['a broken sequence number', HUNDREDTH.replace('"102"', '1.5'), 'bad-sequence-number'],
    ['a hexadecimal sequence number', HUNDREDTH.replace('"102"', '"0x66"'), 'bad-sequence-number'],
    [
      'a sequence number beyond measure',
      HUNDREDTH.replace('"102"', '"99999999999999999"'),
      'bad-sequence-number',
    ],
    ['no stream', '{"event":"stop","sequenceNumber":"1"}', 'bad-stream-sid'],
    ['an empty stream', STOP.replace(streamSid, ''), 'bad-stream-sid'],
    ['a stream with a quote', STOP.replace(streamSid, 'MZ\\"'), 'bad-stream-sid'],
    ['a numeric stream', STOP.replace(`"${streamSid}"`, '1'), 'bad-stream-sid'],
    ['a start without body', `{"event":"start","sequenceNumber":"1","streamSid":"${streamSid}"}`, 'no-start'],
    ['two streams in one start', start('streamSid', '"MZ1"'), 'stream-sid-mismatch'],
    ['a start without call', start('callSid', 'null'), 'bad-call-sid'],
    ['a start without account', start('accountSid', '""'), 'bad-account-sid'],
    ['a start without format', start('mediaFormat', 'null'), 'bad-media-format'],
    ['linear PCM', format('"audio/L16"', '8000', '1'), 'bad-media-format'],
    ['16 kHz', format('"audio/x-mulaw"', '16000', '1'), 'bad-media-format'],
    ['stereo', format('"audio/x-mulaw"', '8000', '2'), 'bad-media-format'],
    ['parameters in an array', start('customParameters', '["a"]'), 'bad-parameters'],
    ['a numeric parameter', start('customParameters', '{"a":1}'), 'bad-parameters'],
    ['media without body', HUNDREDTH.replace('"media":{', '"medium":{'), 'no-media'],
    ['our own track', media('track', '"outbound"'), 'bad-track'],
    ['no track', media('track', 'null'), 'bad-track'],
    ['chunk 0', media('chunk', '"0"'), 'bad-chunk'],
    ['a chunk in words', media('chunk', '"one"'), 'bad-chunk'],
    ['a negative timestamp', media('timestamp', '"-20"'), 'bad-timestamp'],
    ['no timestamp', media('timestamp', 'null'), 'bad-timestamp'],
    ['no audio', media('payload', '""'), 'bad-payload'],
    ['numeric audio', media('payload', '[1,2]'), 'bad-payload'],
    ['audio that is not base64', media('payload', '"####"'), 'bad-payload'],
    ['audio in base64 for URLs', media('payload', '"__-_"'), 'bad-payload'],
    ['unpadded audio', media('payload', '"//8"'), 'bad-payload'],
    ['padding alone', media('payload', '"===="'), 'bad-payload'],
    ['padding in the middle', media('payload', '"/w==/w=="'), 'bad-payload'],
    ['a key without body', DTMF.replace('"dtmf":{', '"key":{'), 'no-dtmf'],
    ['a key that is none', DTMF.replace('"1"', '"E"'), 'bad-digit'],
    ['two keys', DTMF.replace('"1"', '"12"'), 'bad-digit'],
    ['a numeric key', DTMF.replace('"1"', '1'), 'bad-digit'],
    ['a mark without body', MARK.replace('"mark":{', '"label":{'), 'no-mark'],
    ['a mark without name', MARK.replace('"name"', '"title"'), 'bad-mark-name'],
    ['a nameless mark', MARK.replace('my label', ''), 'bad-mark-name'],
  ])('is rejected: %s', (_, text, rejected) => {
    expect(parseMessage(text)).toEqual({ rejected });
  });

  it('crashes nothing, in 100,000 mutations of real ones', () => {
    const originals = [CONNECTED, START, START_WITH_PARAMETERS, FIRST_MEDIA, HUNDREDTH, DTMF, MARK, STOP];
    const random = seeded(20_261_123);
    const kinds = new Set<string>();
    for (let round = 0; round < 100_000; round++) {
      const original = originals[round % originals.length] ?? '';
      const message = parseMessage(mutated(Buffer.from(original), random));
      kinds.add('rejected' in message ? message.rejected : message.event);
      if ('event' in message && message.event === 'media') expect(message.payload.length).toBeGreaterThan(0);
    }
    expect(kinds.size).toBeGreaterThan(12);
  });

  it('means the same as bytes in their usual layout and as text, in 20,000 mutations', () => {
    const random = seeded(20_261_125);
    const accepted = { usual: 0, odd: 0 };
    for (let round = 0; round < 20_000; round++) {
      const bytes = mutated(Buffer.from(round % 2 === 0 ? FIRST_MEDIA : HUNDREDTH), random);
      const message = parseMessage(bytes);
      expect(message).toEqual(parseMessage(bytes.toString('utf8')));
      accepted['event' in message && message.event === 'media' ? 'usual' : 'odd']++;
    }
    expect(Math.min(accepted.usual, accepted.odd)).toBeGreaterThan(1_000);
  });

  it.each([
    ['"sequenceNumber":"2"', '"sequenceNumber":"0"'],
    ['"chunk":"1"', '"chunk":"0"'],
    ['/fw=="}', '/fw="}'],
    ['/fw=="}', '/fw"}'],
    ['/fw=="}', '=fw=="}'],
    ['/fw=="}', '-fw=="}'],
    ['/fw=="}', '\u0141fw=="}'],
    ['/fw=="}', '"}'],
  ])('with %s turned into %s is the same as bytes and as text', (part, other) => {
    const text = FIRST_MEDIA.replace(part, other);
    expect(text).not.toBe(FIRST_MEDIA);
    expect(parseMessage(Buffer.from(text))).toEqual(parseMessage(text));
  });
});

describe('The encoder', () => {
  const encoder = new MessageEncoder(streamSid);

  it('writes exactly the three messages Twilio takes', () => {
    const audio = Buffer.alloc(160, 0xff);
    expect(encoder.media(audio)).toBe(
      `{"event":"media","streamSid":"${streamSid}","media":{"payload":"${silence}"}}`,
    );
    expect(encoder.mark('my label')).toBe(
      `{"event":"mark","streamSid":"${streamSid}","mark":{"name":"my label"}}`,
    );
    expect(encoder.clear()).toBe(`{"event":"clear","streamSid":"${streamSid}"}`);
  });

  it('encodes the bytes of a view, not those around it', () => {
    const view = new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 3);
    expect(JSON.parse(encoder.media(view))).toMatchObject({ media: { payload: 'AgM=' } });
  });

  it.each(['"', '\\', '\n', '\u2028', '}}', 'é'])('escapes the mark name %j', (name) => {
    expect(JSON.parse(encoder.mark(name))).toEqual({ event: 'mark', streamSid, mark: { name } });
  });
});

/** Mulberry32: numbers in [0, 1), the same on every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One to three bytes changed, a piece cut out, or a piece doubled. */
function mutated(message: Buffer, random: () => number): Buffer {
  const at = Math.floor(random() * message.length);
  const to = at + Math.floor(random() * 12);
  const kind = random();
  if (kind < 0.2) return Buffer.concat([message.subarray(0, at), message.subarray(to)]);
  if (kind < 0.3) return Buffer.concat([message.subarray(0, to), message.subarray(at)]);
  for (let changes = 1 + Math.floor(random() * 3); changes > 0; changes--)
    message[Math.floor(random() * message.length)] = 32 + Math.floor(random() * 96);
  return message;
}
