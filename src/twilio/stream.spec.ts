import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { accountSid, callSid, Line, streamSid } from '../../test/support/stream-line.js';
import { CallOutcomes } from './call-outcomes.js';
import type { MediaStream } from './media-stream.js';

let line: Line;
const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
beforeAll(() => {
  Logger.overrideLogger(false);
});
afterAll(() => {
  warned.mockRestore();
});
beforeEach(() => {
  warned.mockClear();
  line = new Line();
});

describe('A stream that starts', () => {
  it('hands the call over without our token and forwards audio, marks and digits in order', () => {
    line.start().media(2, 155).says('mark', 3, { name: 'm1' }).says('dtmf', 4, { digit: '#' }).media(5, 175);
    expect(line.starts).toEqual([{ streamSid, callSid, accountSid, parameters: { from: '+15550100' } }]);
    expect(line.heard).toEqual(['3@155', 'mark m1', 'digit #', '3@175']);
    expect(line.stream.state).toBe('started');
    expect(line.streams.size).toBe(1);
    expect(line.streams.pending).toBe(0);
  });

  it('sends audio, marks and clears as Twilio takes them, and nothing before or after', () => {
    line.stream.media(Buffer.from([1]));
    line.start();
    line.sink?.media(Buffer.from([0xff, 0xff, 0xff]));
    line.sink?.mark('m1');
    line.sink?.clear();
    line.socket.readyState = 2;
    line.sink?.clear();
    expect(line.socket.sent).toEqual([
      `{"event":"media","streamSid":"${streamSid}","media":{"payload":"////"}}`,
      `{"event":"mark","streamSid":"${streamSid}","mark":{"name":"m1"}}`,
      `{"event":"clear","streamSid":"${streamSid}"}`,
    ]);
    line.socket.bufferedAmount = 42;
    expect(line.sink?.bufferedBytes).toBe(42);
  });

  it('may be spoken to while it is being accepted', () => {
    line.onAccept = (sink) => {
      sink.mark('hello');
    };
    line.start();
    expect(line.socket.sent).toHaveLength(1);
  });

  it('may be closed while it is being accepted; its receiver still learns of it', () => {
    line.onAccept = (sink) => {
      sink.close('failed');
    };
    line.start().media(2);
    expect(line.heard).toEqual(['ended closed-by-us']);
    expect(line.streams.size).toBe(0);
  });

  it('does so without `connected`, and with gaps in its numbers', () => {
    line.start({ sequence: '7' }).media(9).media(30);
    expect(line.heard).toHaveLength(2);
  });
});

describe('A frame that does not belong', () => {
  it.each<[string, keyof MediaStream['counters'], (line: Line) => unknown]>([
    ['a second start', 'secondStart', (line) => line.start({ sequence: '2' })],
    [
      'no JSON',
      'malformed',
      (line) => {
        line.socket.says('{');
      },
    ],
    [
      'binary',
      'binary',
      (line) => {
        line.socket.says(Buffer.from([1, 2]), true);
      },
    ],
    [
      'an unknown event',
      'unknown',
      (line) => {
        line.socket.says({ event: 'weather' });
      },
    ],
    ['another stream’s audio', 'foreignStream', (line) => line.media(3, 20, 'MZ1')],
    ['another stream’s stop', 'foreignStream', (line) => line.says('stop', 3, {}, 'MZ1')],
    ['a repeated number', 'duplicate', (line) => line.media(2)],
    ['an older number', 'outOfOrder', (line) => line.media(1)],
  ])('is counted, logged once and skipped: %s', (_, fault, speak) => {
    line.start().media(2);
    for (let times = 0; times < 3; times++) speak(line);
    expect(line.stream.counters[fault]).toBe(3);
    expect(warned).toHaveBeenCalledTimes(1);
    line.media(10);
    expect(line.heard).toEqual(['3@20', '3@20']);
    expect(line.starts).toHaveLength(1);
  });

  it('with a number far ahead makes nobody deaf: what follows is taken', () => {
    line.start().media(2).media(999_999).media(3).media(4);
    expect(line.heard).toEqual(['3@20', '3@20', '3@20', '3@20']);
    expect(line.stream.counters).toMatchObject({ leap: 1, outOfOrder: 0 });
  });

  it('before start is counted, and the start still works', () => {
    line.media(2).says('mark', 3, { name: 'x' });
    expect(line.stream.counters.early).toBe(2);
    line.start().media(4);
    expect(line.heard).toEqual(['3@20']);
  });

  it('after the end is counted only', () => {
    line.start().says('stop', 2, {}).media(3).media(4);
    expect(line.stream.counters.afterEnd).toBe(2);
    expect(line.heard).toEqual(['ended stop']);
  });

  it('is never quoted in a log', () => {
    line.start();
    line.socket.says('{"event":"media","secret":"s3cret"');
    line.socket.says({ event: 's3cret' });
    line.socket.says({ event: 'mark', sequenceNumber: '9', streamSid: 's3cret', mark: { name: 'x' } });
    expect(JSON.stringify(warned.mock.calls)).not.toContain('s3cret');
  });
});

describe('A socket', () => {
  it('without a start is closed with 1008 after the time limit, and dropped if it does not follow', async () => {
    await line.clock.advance(4_999);
    expect(line.socket.closes).toEqual([]);
    await line.clock.advance(1);
    expect(line.socket.closes).toEqual([1008]);
    line.start();
    expect(line.starts).toEqual([]);
    expect(line.streams.pending).toBe(1); // it takes a place for as long as it is there
    await line.clock.advance(1_000);
    expect([line.socket.terminated, line.streams.pending]).toEqual([true, 0]);
    expect(line.clock.pendingTimers).toBe(0);
  });

  it('that starts in time has no limit any more', async () => {
    await line.clock.advance(4_999);
    line.start();
    await line.clock.advance(60_000);
    expect(line.socket.closes).toEqual([]);
    expect(line.clock.pendingTimers).toBe(0);
  });

  it('that errs ends its stream at once, and is dropped if the far end does not close it', async () => {
    line.start();
    line.socket.emit('error', Object.assign(new RangeError('s3cret'), { code: 'WS_ERR_SOMETHING' }));
    expect(line.stream.counters.socketErrors).toBe(1);
    expect([line.heard, line.streams.size]).toEqual([['ended socket-closed'], 0]);
    expect(String(warned.mock.calls.at(-1)?.[0])).toContain('socketErrors (WS_ERR_SOMETHING)');
    expect(JSON.stringify(warned.mock.calls)).not.toContain('s3cret');
    await line.clock.advance(1_000);
    expect([line.socket.terminated, line.clock.pendingTimers]).toEqual([true, 0]);
  });

  it('that says too much before its start is closed with 1008', () => {
    for (let count = 0; count < 10; count++) line.socket.says('{}');
    expect(line.socket.closes).toEqual([]);
    line.socket.says('{}');
    expect(line.socket.closes).toEqual([1008]);
    expect(line.streams.refusals.get('too much before the start')).toBe(1);
  });

  it('is logged once for each reason, however many are refused and whatever they send', () => {
    for (let count = 0; count < 50; count++)
      line
        .next()
        .media(2)
        .media(3)
        .start({ token: `forged${count}` });
    expect(line.streams.refusals.get('token forged')).toBe(50);
    expect(warned.mock.calls.map(([text]) => String(text))).toEqual([
      expect.stringContaining('early'),
      expect.stringContaining('token forged'),
    ]);
  });

  it('is one too many when the streams are full: closed with 1013', () => {
    line.start({ stream: 'MZ1', call: 'CA1' }).next().start({ stream: 'MZ2', call: 'CA2' });
    expect(line.streams.hasRoom).toBe(false);
    line.next().start({ stream: 'MZ3', call: 'CA3' });
    expect(line.socket.closes).toEqual([1013]);
    line.socket.closed();
    expect([line.streams.size, line.streams.pending]).toEqual([2, 0]);
  });
});

describe('The end of a stream', () => {
  const ways: [string, (line: Line) => unknown, string][] = [
    ['stop', (line) => line.says('stop', 9, {}), 'stop'],
    ['a stop with an old number', (line) => line.says('stop', 1, {}), 'stop'],
    [
      'the socket’s close',
      (line) => {
        line.socket.closed();
      },
      'socket-closed',
    ],
    ['a stream error', (line) => line.streams.endStream(streamSid, 'stream-error'), 'stream-error'],
    ['the call’s end', (line) => line.streams.endCall(callSid), 'stop'],
    ['us', (line) => line.sink?.close('completed'), 'closed-by-us'],
  ];

  it.each(ways)('by %s is told once, whatever else ends it afterwards', async (_, end, reason) => {
    line.start().media(2);
    end(line);
    for (const [, another] of ways) another(line);
    await line.clock.advance(2_000);
    expect(line.heard).toEqual(['3@20', `ended ${reason}`]);
    expect([line.streams.size, line.streams.pending]).toEqual([0, 0]);
    expect(line.clock.pendingTimers).toBe(0);
  });

  it('by us closes with 1000 and remembers the outcome for Twilio’s next question', async () => {
    line.start();
    line.sink?.close('failed');
    line.sink?.close('completed');
    expect(line.socket.closes).toEqual([1000]);
    expect(line.outcomes.take(callSid)).toBe('failed');
    expect(line.outcomes.take(callSid)).toBeUndefined();
    await line.clock.advance(999);
    expect(line.socket.terminated).toBe(false);
    await line.clock.advance(1);
    expect(line.socket.terminated).toBe(true);
  });

  it('by stop leaves the socket to Twilio for a second', async () => {
    line.start().says('stop', 2, {});
    await line.clock.advance(999);
    expect(line.socket.closes).toEqual([]);
    await line.clock.advance(1);
    expect(line.socket.closes).toEqual([1000]);
  });

  it('by a stop before any start is quiet', () => {
    line.says('stop', 1, {});
    expect(line.stream.state).toBe('ended');
    line.socket.closed();
    expect([line.streams.size, line.streams.pending]).toEqual([0, 0]);
    expect(warned.mock.calls).toEqual([]);
  });

  it('of all streams closes with 1001, takes no more, and waits until the sockets are closed', async () => {
    line.start();
    const first = line.socket;
    line.next();
    const drained = line.streams.drain();
    expect([first.closes, line.socket.closes]).toEqual([[1001], [1001]]);
    expect(line.streams.hasRoom).toBe(false);
    first.closed();
    await line.clock.advance(1_000);
    await drained;
    expect([first.terminated, line.socket.terminated]).toEqual([false, true]);
  });

  it('of a stream that is not here is false', () => {
    expect(line.streams.endStream('MZ1', 'stop')).toBe(false);
    expect(line.streams.endCall('CA1')).toBe(false);
  });
});

describe('A receiver that throws', () => {
  const failing = () => {
    throw new TypeError('+15550100 said something');
  };

  it('at audio costs its own stream only, with 1011', () => {
    line.start().media(2);
    line.onHear = failing;
    line.media(3);
    expect(line.socket.closes).toEqual([1011]);
    expect(line.stream.counters.receiverErrors).toBe(2);
    expect(line.outcomes.take(callSid)).toBe('failed');
    expect(JSON.stringify(warned.mock.calls)).not.toContain('+15550100');
  });

  it('at its acceptance costs its own stream only', () => {
    line.onAccept = failing;
    line.start();
    expect(line.socket.closes).toEqual([1011]);
    expect(line.streams.size).toBe(0);
  });

  it('at its end changes nothing', () => {
    line.start();
    line.onHear = failing;
    line.socket.closed();
    expect(line.stream.state).toBe('ended');
    expect(line.stream.counters.receiverErrors).toBe(1);
  });
});

describe('The outcomes of calls', () => {
  it('are bounded: the oldest goes first', () => {
    const outcomes = new CallOutcomes();
    for (let call = 0; call <= 10_000; call++) void outcomes.record(`CA${call}`, 'completed');
    expect(outcomes.take('CA0')).toBeUndefined();
    expect(outcomes.take('CA1')).toBe('completed');
  });
});
