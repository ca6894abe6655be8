import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { callSid, Line, streamSid } from '../../test/support/stream-line.js';
import { resolveOptions } from '../twilio-voice.options.js';
import { StreamTokens } from './stream-token.js';

let line: Line;
const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
beforeAll(() => {
  Logger.overrideLogger(false);
});
afterAll(() => {
  warned.mockRestore();
});

describe.each([
  ['one process', 1],
  ['three instances', 3],
])('A token, %s', (_, instances) => {
  beforeEach(() => {
    warned.mockClear();
    line = new Line(instances);
  });

  /** What becomes of it, used on the next instance. */
  const redeemed = async (token: string, call = callSid) => {
    const redemption = line.tokens.redeem(token, call);
    await line.settled();
    return redemption;
  };

  it.each<[string, (line: Line) => string | Promise<string>, RegExp]>([
    ['of another call', (line) => line.tokens.mint('CA1'), /other-call/],
    ['that is missing', () => '', /forged/],
    ['that is nonsense', () => 'a.b.c.d.e', /forged/],
    ['with other claims', (line) => line.tokens.mint(callSid).replace(/^./, 'z'), /forged/],
    [
      'of another secret',
      (line) => new StreamTokens(resolveOptions({ tokenSecret: 'x'.repeat(16) }), line.clock).mint(callSid),
      /forged/,
    ],
    [
      'that has expired',
      async (line) => {
        const token = line.tokens.mint(callSid);
        await line.clock.advance(60_000);
        line.next();
        return token;
      },
      /expired/,
    ],
    [
      'used before',
      async (line) => {
        const token = line.tokens.mint(callSid);
        line.start({ token }).says('stop', 2, {});
        await line.settled();
        line.next();
        return token;
      },
      /reused/,
    ],
  ])('%s closes its socket with 1008', async (_, tokenFor, reason) => {
    const token = await tokenFor(line);
    const before = line.starts.length;
    line.start({ token });
    await line.settled();
    expect(line.socket.closes).toEqual([1008]);
    expect(line.starts).toHaveLength(before);
    expect(warned.mock.calls.at(-1)?.[0]).toMatch(reason);
  });

  it('opens one stream, however many sockets it comes on at the same time', async () => {
    const token = line.tokens.mint(callSid);
    const sockets = Array.from({ length: 6 }, (_, index) => {
      const { socket } = index === 0 ? line : line.next();
      line.start({ token, stream: `MZ${index}` });
      return socket;
    });
    await line.settled();
    expect(line.starts).toHaveLength(1);
    expect(sockets.flatMap(({ closes }) => closes)).toEqual(Array(5).fill(1008));
  });

  it('from a webhook takes no call away from a stream that is alive', async () => {
    const { clock, socket: genuine } = line.start();
    await line.settled();
    await clock.advance(1_999 - clock.now());
    line.next().start({ stream: 'MZ2' });
    await line.settled();
    expect([genuine.closes, line.socket.closes, line.starts.length]).toEqual([[], [1008], 1]);
    expect(line.streams.refusals.get('token call-going-on')).toBe(1);
  });

  it('from our own command lets a stream follow one that is alive', async () => {
    line.start();
    await line.settled();
    line.next().start({ stream: 'MZ2', token: line.tokens.mint(callSid, true) });
    await line.settled();
    expect([line.socket.closes, line.starts.length]).toEqual([[], 2]);
  });

  it('opens nothing once its call is over, whenever it was made', async () => {
    const before = line.tokens.mint(callSid);
    line.endCall(callSid);
    await line.settled();
    const after = line.tokens.mint(callSid);
    expect([await redeemed(before), await redeemed(after)]).toEqual(['call-over', 'call-over']);
    expect(await redeemed(line.tokens.mint('CA1'), 'CA1')).toBe('ok');
  });

  it('is remembered until it expires, not longer', async () => {
    const token = line.tokens.mint(callSid);
    const expires = line.clock.now() + 60_000;
    expect(await redeemed(token)).toBe('ok');
    line.next();
    await line.clock.advance(expires - 1 - line.clock.now());
    expect(await redeemed(token)).toBe('reused');
    await line.clock.advance(Math.max(0, expires - line.clock.now()));
    expect(await redeemed(token)).toBe('expired');
  });
});

describe('A token', () => {
  beforeEach(() => {
    line = new Line();
  });

  it('is good on any instance with the same secret, or the same auth token', () => {
    const tokenSecret = 'sixteen characters at least';
    for (const options of [resolveOptions({ tokenSecret }), resolveOptions({ authToken: '12345' })]) {
      const [one, other] = [new StreamTokens(options, line.clock), new StreamTokens(options, line.clock)];
      expect(other.redeem(one.mint(callSid), callSid)).toBe('ok');
    }
  });

  it.each([
    [['old'], ['new', 'old']],
    [
      ['new', 'old'],
      ['old', 'new'],
    ],
    [['new', 'old'], ['new']],
  ])('made with the auth tokens %j is good with %j: they are being rotated', (made, checked) => {
    const by = (authToken: string[]) => new StreamTokens(resolveOptions({ authToken }), line.clock);
    expect(by(checked).redeem(by(made).mint(callSid), callSid)).toBe('ok');
    expect(by(['another']).redeem(by(made).mint(callSid), callSid)).toBe('forged');
  });

  it('from a webhook takes over from a stream of the same process that has been silent for two seconds', async () => {
    line.start();
    await line.clock.advance(2_000);
    line.next().start({ stream: 'MZ2' });
    expect([line.socket.closes, line.starts.length]).toEqual([[], 2]);
  });

  it('from a webhook takes over from no stream of another instance, which alone knows how it is, until that has let go', async () => {
    line = new Line(3);
    line.start();
    const { streams } = line;
    await line.clock.advance(2_000);
    line.next().start({ stream: 'MZ2' });
    await line.settled();
    expect([line.socket.closes, line.starts.length]).toEqual([[1008], 1]);
    streams.endStream(streamSid, 'stream-error');
    await line.settled();
    line.next().start({ stream: 'MZ3' });
    await line.settled();
    expect([line.socket.closes, line.starts.length]).toEqual([[], 2]);
  });
});
