import type { IncomingMessage } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
import twilio from 'twilio';
import type { WebSocket } from 'ws';
import { inProcessTransport, type InProcessOptions } from './in-process-transport.js';
import { lastHeard, scriptedAudio } from './scripted-chunk.js';
import type { SimulatedCallOptions } from './simulated-call-options.js';
import { SimulatedCall } from './simulated-call.js';
import { VirtualClock } from './virtual-clock.js';

const STREAM_URL = 'wss://voice.test/voice/stream';
const INCOMING = 'https://voice.test/voice/incoming';
const connect = (more = '') => `<Response><Connect><Stream url="${STREAM_URL}" name="s"
  statusCallback="https://voice.test/voice/stream-status"><Parameter name="token" value="t"/></Stream></Connect>${more}</Response>`;

interface Message {
  readonly event: string;
  readonly streamSid?: string;
  readonly start?: { readonly streamSid: string; readonly customParameters: unknown };
  readonly dtmf?: { readonly digit: string };
}

/** A bare server: records, and says what the test tells it to. */
class Server {
  readonly messages: Message[] = [];
  readonly requests: IncomingMessage[] = [];
  readonly closes: number[] = [];
  socket!: WebSocket;
  onMessage: (message: Message) => void = () => undefined;
  #streamSid = '';

  handleConnection(socket: WebSocket, request: IncomingMessage): void {
    this.socket = socket;
    this.requests.push(request);
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message;
      this.messages.push(message);
      this.#streamSid = message.start?.streamSid ?? this.#streamSid;
      this.onMessage(message);
    });
    socket.on('close', (code) => this.closes.push(code));
  }

  send(message: object): void {
    this.socket.send(JSON.stringify({ streamSid: this.#streamSid, ...message }));
  }

  media(audio: Uint8Array): void {
    this.send({ event: 'media', media: { payload: Buffer.from(audio).toString('base64') } });
  }

  clear(): void {
    this.send({ event: 'clear' });
  }

  get events(): string[] {
    return this.messages.map(({ event }) => event).filter((event) => event !== 'media');
  }
}

describe('SimulatedCall', () => {
  let clock: VirtualClock;
  let server: Server;
  let posts: { path: string; form: Readonly<Record<string, string>>; signed: boolean }[];

  const make = (
    twiml: string[],
    options: Partial<SimulatedCallOptions> = {},
    more: Partial<InProcessOptions> = {},
  ) => {
    const transport = inProcessTransport({
      gateway: server,
      post: (url, form, headers) => {
        const path = new URL(url).pathname;
        const signed = twilio.validateRequest('secret', headers['x-twilio-signature'] ?? '', url, form);
        posts.push({ path, form, signed });
        const body = path.startsWith('/voice/incoming') ? (twiml.shift() ?? '<Response/>') : '';
        return Promise.resolve({ status: 200, contentType: 'text/xml', body });
      },
      ...more,
    });
    return new SimulatedCall({ clock, transport, authToken: 'secret', ...options });
  };
  const dial = async (
    twiml: string[],
    options?: Partial<SimulatedCallOptions>,
    more?: Partial<InProcessOptions>,
  ) => {
    const call = make(twiml, options, more);
    call.dial(INCOMING);
    await clock.advance(0);
    return call;
  };
  const streamEvents = () => posts.flatMap(({ form }) => form.StreamEvent ?? []);

  beforeEach(() => {
    clock = new VirtualClock();
    server = new Server();
    posts = [];
  });

  it('dials, signs webhook and handshake, follows the TwiML and reports the stream', async () => {
    const call = await dial([connect()], {
      from: '+100',
      to: '+200',
      statusUrl: 'https://voice.test/voice/status',
    });
    await call.connected;
    await clock.advance(1500);
    call.hangUp();
    await clock.advance(0);
    expect(await call.ended).toBe('caller');
    expect(posts.map(({ path, signed }) => [path, signed])).toEqual([
      ['/voice/incoming', true],
      ['/voice/stream-status', true],
      ['/voice/status', true],
      ['/voice/stream-status', true],
    ]);
    expect(posts[0]?.form).toEqual({
      CallSid: call.callSid,
      AccountSid: call.accountSid,
      From: '+100',
      Caller: '+100',
      To: '+200',
      Called: '+200',
      Direction: 'inbound',
      CallStatus: 'ringing',
      ApiVersion: '2010-04-01',
    });
    expect(posts[1]?.form).toMatchObject({ StreamEvent: 'stream-started', StreamName: 's' });
    expect(posts[2]?.form).toMatchObject({ CallStatus: 'completed', CallDuration: '2' });
    const { url, headers } = server.requests[0]!;
    expect(url).toBe('/voice/stream');
    expect([headers['user-agent'], headers.origin]).toEqual(['Twilio.TmeWs/1.0', undefined]);
    expect(twilio.validateRequest('secret', String(headers['x-twilio-signature']), STREAM_URL, {})).toBe(
      true,
    );
    expect(server.messages[1]?.start?.customParameters).toEqual({ token: 't' });
    expect([server.events, server.closes]).toEqual([['connected', 'start', 'stop'], [1000]]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on with the next verb once the server has closed the socket', async () => {
    const call = await dial([connect('<Say>good bye</Say><Hangup/>')]);
    await clock.advance(500);
    expect(call.spoken).toEqual([]);
    server.socket.close(1000);
    await clock.advance(0);
    expect([call.spoken, call.endedBy, streamEvents()]).toEqual([
      ['good bye'],
      undefined,
      ['stream-started', 'stream-stopped'],
    ]);
    await clock.advance(600);
    expect([call.endedBy, server.closes, server.events]).toEqual(['hangup', [1000], ['connected', 'start']]);
    expect(call.eventsOf('verb').map(({ detail }) => detail)).toEqual(['Connect', 'Say', 'Hangup']);
  });

  it('ends when nothing follows, and reconnects with a new stream when a Redirect does', async () => {
    const call = await dial([connect('<Redirect>/voice/incoming/again</Redirect>'), connect()]);
    await clock.advance(100);
    call.dropSocket();
    await clock.advance(100);
    const starts = server.messages.flatMap(({ start }) => start?.streamSid ?? []);
    expect([new Set(starts).size, server.closes, streamEvents()]).toEqual([
      2,
      [1006],
      ['stream-started', 'stream-error', 'stream-started'],
    ]);
    expect(posts.find(({ path }) => path.endsWith('again'))?.form).toMatchObject({
      CallStatus: 'in-progress',
    });
    server.socket.terminate();
    await clock.advance(0);
    expect(call.endedBy).toBe('twiml-ran-out');
  });

  it('goes on without a stream when the handshake is refused or the URL is not allowed', async () => {
    const refused = await dial([connect('<Say>sorry</Say>')], {}, { authorize: () => false });
    expect([refused.spoken, streamEvents(), server.messages]).toEqual([['sorry'], ['stream-error'], []]);
    const insecure = await dial([
      '<Response><Connect><Stream url="ws://voice.test/s"/></Connect></Response>',
    ]);
    expect([insecure.endedBy, insecure.eventsOf('error')[0]?.detail]).toEqual([
      'twiml-ran-out',
      '31922 not wss: ws://voice.test/s',
    ]);
  });

  it.each([
    [{ status: 500, body: '' }, '11200'],
    [{ status: 200, contentType: 'application/json', body: '{}' }, '12300'],
    [{ status: 200, body: 'no xml' }, '12100'],
  ])('ends with an error when the webhook answers %j', async (answer, code) => {
    const call = await dial([], {}, { post: () => Promise.resolve(answer) });
    expect([call.endedBy, call.eventsOf('error')[0]?.detail.slice(0, 5)]).toEqual(['error', code]);
  });

  it('hears to the millisecond, through a network, when a clear cuts the agent', async () => {
    const call = make([], {
      network: { down: { delayMs: 40 }, up: { delayMs: 30 } },
      parameters: { a: 'b' },
    });
    call.connectStream(STREAM_URL);
    await clock.advance(100);
    await call.connected;
    expect(server.messages[1]?.start?.customParameters).toEqual({ a: 'b' });
    server.media(scriptedAudio(1, 0, 5000));
    await clock.advance(1000);
    const { startMs } = call.speak(400);
    server.clear();
    await clock.advance(39);
    server.media(scriptedAudio(2, 0, 100));
    await clock.advance(1000);
    expect([startMs, call.clearsSent, call.clears]).toEqual([1100, [1100], [1140]]);
    expect(lastHeard(call.heardAudio(0, 1140))).toEqual({ utterance: 1, ms: 999 });
    expect(call.heard.map((stretch) => [stretch.startMs, stretch.endMs])).toEqual([
      [140, 1140],
      [1179, 1279],
    ]);
    expect([call.silentFrom(1100, 20), call.silentFrom(1100), call.onsetToSilenceMs(1100)]).toEqual([
      1140, 1279, 179,
    ]);
    expect([call.audibleAt(1135), call.audibleAt(1140), call.audibleAt(1200)]).toEqual([true, false, true]);
    expect([call.mediaAfterClear, call.peakHeldMs, call.violations]).toEqual([100, 5000, []]);
    expect(call.callerAudio(1100, 1500).some((byte) => byte !== 0xff)).toBe(true);
  });

  it('keeps the frames of a stalled network in order', async () => {
    const call = make([]);
    call.connectStream(STREAM_URL);
    await clock.advance(100);
    call.stallUp(200);
    const before = server.messages.length;
    await clock.advance(199);
    expect(server.messages.length).toBe(before);
    await clock.advance(101);
    expect(server.messages.length - before).toBe(15);
    call.stallDown(150);
    server.media(scriptedAudio(1, 0, 10));
    await clock.advance(200);
    expect(call.heard).toEqual([{ startMs: 550, endMs: 560 }]);
  });

  it('presses keys, sends raw frames and records violations', async () => {
    const call = await dial([connect()]);
    call.dtmf('1#', 50);
    await clock.advance(60);
    call.sendRaw('{"event":"new"}');
    server.send({ event: 'media', media: { payload: '' } });
    expect(server.messages.flatMap(({ dtmf }) => dtmf?.digit ?? [])).toEqual(['1', '#']);
    expect(server.messages.at(-1)?.event).toBe('new');
    expect(call.violations).toEqual([{ atMs: 60, code: 31951, reason: 'empty payload' }]);
    expect(call.eventsOf('violation')[0]?.detail).toBe('31951 empty payload');
  });

  it('gives a stream up in the status callback long before the socket breaks', async () => {
    const call = await dial([connect('<Pause length="60"/>')]);
    call.streamError(30_000);
    await clock.advance(1000);
    const frames = server.messages.length;
    expect([streamEvents(), server.closes]).toEqual([['stream-started', 'stream-error'], []]);
    await clock.advance(29_500);
    expect([server.messages.length, server.closes, call.endedBy]).toEqual([frames, [1006], undefined]);
    call.hangUp();
    expect(clock.pendingTimers).toBe(0);
  });

  it('replaces its TwiML and completes by the REST API', async () => {
    const call = await dial([connect('<Say>never</Say>')]);
    call.update('<Response><Say>instead</Say><Pause length="9"/></Response>');
    await clock.advance(1000);
    expect([server.events, server.closes, call.spoken]).toEqual([
      ['connected', 'start', 'stop'],
      [1000],
      ['instead'],
    ]);
    call.complete();
    expect(await call.ended).toBe('api');
    await clock.advance(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('survives a server that answers and closes in the call that delivers a message', async () => {
    server.onMessage = ({ event }) => {
      if (event === 'start') {
        server.media(scriptedAudio(1, 0, 50));
        server.send({ event: 'mark', mark: { name: 'm' } });
      }
      if (event === 'mark') server.socket.close(1000);
    };
    const call = await dial([connect()]);
    await clock.advance(100);
    expect([call.endedBy, call.heardBytes().length, server.closes]).toEqual(['twiml-ran-out', 400, [1000]]);
    expect(call.marks).toEqual([{ name: 'm', receivedMs: 0, echoedMs: 50 }]);
  });
});
