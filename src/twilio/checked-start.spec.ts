import { EventEmitter } from 'node:events';
import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { of } from 'rxjs';
import { LocalCallBus } from '../sharing/local-call-bus.js';
import { MemoryDirectory } from '../sharing/memory-directory.js';
import { MemoryStore } from '../sharing/memory-store.js';
import { SharingUnavailableError } from '../sharing/sharing-errors.js';
import { Sharing } from '../sharing/sharing.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { resolveOptions } from '../twilio-voice.options.js';
import { CallOutcomes } from './call-outcomes.js';
import { OpenStreams } from './open-streams.js';
import { StreamTokens } from './stream-token.js';

const [streamSid, callSid] = ['MZ1', 'CA1'];

class FakeSocket extends EventEmitter {
  readyState = 1;
  bufferedAmount = 0;
  readonly closes: number[] = [];
  send(): void {
    throw new Error('nothing is to be sent here');
  }
  close(code: number): void {
    this.readyState = 2;
    this.closes.push(code);
  }
  terminate(): void {
    this.readyState = 3;
    this.emit('close');
  }
  says(event: string, sequenceNumber: number, body: object): void {
    const message = { event, sequenceNumber: String(sequenceNumber), streamSid, [event]: body };
    this.emit('message', Buffer.from(JSON.stringify(message)), false);
  }
}

/** A store whose answers take as long as the test wants. */
class SlowStore extends MemoryStore {
  failure: Error | undefined;
  answer: () => void = () => undefined;
  override async add(key: string, ttlMs: number): Promise<boolean> {
    await new Promise<void>((resolve) => (this.answer = resolve));
    if (this.failure !== undefined) throw this.failure;
    return super.add(key, ttlMs);
  }
}

let clock: VirtualClock, store: SlowStore, tokens: StreamTokens, streams: OpenStreams, socket: FakeSocket;
let outcomes: CallOutcomes;
let heard: string[];
let accepts: boolean;

const open = () => {
  socket = new FakeSocket();
  return streams.open(socket);
};
const start = (token = tokens.mint(callSid)) => {
  const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
  const customParameters = { _token: token };
  socket.says('start', 1, { accountSid: 'AC1', streamSid, callSid, mediaFormat, customParameters });
};
const media = (sequenceNumber: number) => {
  socket.says('media', sequenceNumber, {
    track: 'inbound',
    chunk: '1',
    timestamp: String(20 * sequenceNumber),
    payload: '////',
  });
};
const answered = async () => {
  await clock.advance(0); // the questions before it are answered
  store.answer();
  await clock.advance(0);
};

beforeAll(() => {
  Logger.overrideLogger(false);
});

beforeEach(() => {
  clock = new VirtualClock();
  store = new SlowStore(clock);
  accepts = true;
  const status = {
    isUp: true,
    up$: of(true),
    get acceptsCalls() {
      return accepts;
    },
  };
  const sharing = new Sharing(status, store, new MemoryDirectory(clock), new LocalCallBus(clock));
  const options = resolveOptions({});
  tokens = new StreamTokens(options, clock, sharing);
  heard = [];
  const receiver = {
    audio: (_mulaw: Uint8Array, timestampMs: number) => heard.push(`${timestampMs}`),
    mark: () => undefined,
    digit: (digit: string) => heard.push(digit),
    ended: (reason: string) => heard.push(reason),
  };
  const accept = () => {
    heard.push('accepted');
    return receiver;
  };
  outcomes = new CallOutcomes(sharing);
  streams = new OpenStreams(options, clock, { accept }, tokens, outcomes, sharing);
  open();
});

describe('while other instances are asked about the token of a start', () => {
  it('what comes is neither lost nor reordered', async () => {
    start();
    for (let each = 2; each <= 30; each++) media(each);
    socket.says('dtmf', 31, { track: 'inbound_track', digit: '5' });
    await clock.advance(1_000);
    expect(heard).toEqual([]);
    await answered();
    media(32);
    const times = Array.from({ length: 29 }, (_, index) => String(20 * (index + 2)));
    expect(heard).toEqual(['accepted', ...times, '5', '640']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('a stop ends the stream behind what was said before it', async () => {
    start();
    media(2);
    socket.says('stop', 3, {});
    media(4);
    await answered();
    expect(heard).toEqual(['accepted', '40', 'stop']);
  });

  it('a socket that closes becomes no stream', async () => {
    start();
    media(2);
    socket.terminate();
    await answered();
    expect([heard, streams.size, streams.pending]).toEqual([[], 0, 0]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('a second start is none, and what would flood the memory closes the socket', async () => {
    start();
    start();
    for (let each = 2; each < 502; each++) media(each);
    expect(socket.closes).toEqual([]);
    media(502);
    expect(socket.closes).toEqual([1008]);
    await answered();
    expect(heard).toEqual([]);
  });

  it('the time for a start goes on', async () => {
    await clock.advance(4_000);
    start();
    await clock.advance(1_100);
    expect(socket.closes).toEqual([1008]);
    await answered();
    expect(heard).toEqual([]);
  });

  it('another stream of the call may have begun: it is not taken over', async () => {
    start();
    await clock.advance(0);
    const [first, { answer }] = [socket, store];
    open();
    start();
    await answered();
    answer();
    await clock.advance(0);
    expect([first.closes, socket.closes, heard]).toEqual([[1008], [], ['accepted']]);
  });

  it('the application may begin to shut down: then none begins', async () => {
    start();
    await clock.advance(0);
    void streams.drain();
    await answered();
    expect([heard, socket.closes]).toEqual([[], [1001]]);
    expect(await outcomes.take(callSid)).toBe('not-taken'); // though its token is used up
  });

  it.each([
    [true, 'accepted'],
    [false, undefined],
  ])('they may go away: what becomes of it is for the options to say: %s', async (accept, expected) => {
    store.failure = new SharingUnavailableError('away');
    accepts = accept;
    const token = tokens.mint(callSid);
    start(token);
    await answered();
    expect([heard[0], socket.closes]).toEqual([expected, accept ? [] : [1008]]);
    socket.terminate();
    open();
    start(token);
    await answered();
    expect(socket.closes).toEqual([1008]); // once, in this process
  });

  it('a fault of theirs closes the socket, and harms nothing else', async () => {
    store.failure = new TypeError('a bug');
    start();
    await answered();
    expect([heard, socket.closes]).toEqual([[], [1011]]);
  });
});

describe('an outcome that is shared', () => {
  it('is known to every instance before the socket is closed: then Twilio asks', async () => {
    const stream = open();
    start();
    await answered();
    let shared: () => void = () => undefined;
    store.put = () => new Promise<void>((resolve) => (shared = resolve));
    stream.close('limit');
    expect([heard, socket.closes]).toEqual([['accepted', 'closed-by-us'], []]);
    shared();
    await clock.advance(0);
    expect(socket.closes).toEqual([1000]);
  });

  it('is so too where nobody takes the stream', async () => {
    let shared: () => void = () => undefined;
    store.put = () => new Promise<void>((resolve) => (shared = resolve));
    start();
    await clock.advance(0);
    jest.spyOn(streams, 'isFull', 'get').mockReturnValue(true);
    await answered();
    expect([heard, socket.closes]).toEqual([[], []]);
    shared();
    await clock.advance(0);
    expect([socket.closes, streams.size]).toEqual([[1013], 0]);
  });
});
