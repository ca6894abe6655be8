import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeMuLaw } from '../audio/mu-law.js';
import { CallerTrack } from './caller-track.js';
import { SimulatedStream, type SimulatedStreamOptions } from './simulated-stream.js';
import { speechLikeSound } from './speech-like-sound.js';
import { VirtualClock } from './virtual-clock.js';

interface Sent {
  readonly event: string;
  readonly sequenceNumber?: string;
  readonly media?: { readonly chunk: string; readonly timestamp: string; readonly payload: string };
}

const identity = { streamSid: 'MZ1', callSid: 'CA1', accountSid: 'AC1' };
const text = (message: object) => JSON.stringify({ streamSid: 'MZ1', ...message });
const payload = (audio: Uint8Array) => Buffer.from(audio).toString('base64');
const media = (audio: Uint8Array) => text({ event: 'media', media: { payload: payload(audio) } });

describe('SimulatedStream', () => {
  let clock: VirtualClock;
  let track: CallerTrack;
  let sent: Sent[];

  const open = (options: Partial<SimulatedStreamOptions> = {}) => {
    const stream = new SimulatedStream({
      ...identity,
      clock,
      parameters: { token: 't' },
      microphone: (fromMs, toMs) => track.audio(fromMs, toMs),
      send: (frame) => sent.push(JSON.parse(frame) as Sent),
      ...options,
    });
    stream.start();
    return stream;
  };
  const frames = () => sent.flatMap((message) => (message.media === undefined ? [] : [message.media]));

  beforeEach(() => {
    clock = new VirtualClock();
    track = new CallerTrack(clock);
    sent = [];
  });

  it('says connected, start, media, dtmf, mark and stop in the documented shapes', async () => {
    const stream = open({ firstTimestampMs: 155 });
    await clock.advance(20);
    stream.dtmf('5');
    stream.receive(text({ event: 'mark', mark: { name: 'm' } }), false);
    await clock.advance(20);
    stream.stop();
    const { streamSid, ...sids } = identity;
    const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
    const start = { ...identity, tracks: ['inbound'], mediaFormat, customParameters: { token: 't' } };
    const silence = { track: 'inbound', payload: payload(new Uint8Array(160).fill(0xff)) };
    expect(sent).toEqual([
      { event: 'connected', protocol: 'Call', version: '1.0.0' },
      { event: 'start', sequenceNumber: '1', streamSid, start },
      { event: 'media', sequenceNumber: '2', streamSid, media: { ...silence, chunk: '1', timestamp: '155' } },
      { event: 'dtmf', sequenceNumber: '3', streamSid, dtmf: { track: 'inbound_track', digit: '5' } },
      { event: 'mark', sequenceNumber: '4', streamSid, mark: { name: 'm' } },
      { event: 'media', sequenceNumber: '5', streamSid, media: { ...silence, chunk: '2', timestamp: '175' } },
      { event: 'stop', sequenceNumber: '6', streamSid, stop: sids },
    ]);
  });

  it('sends a frame each 20 ms, and the caller to the sample', async () => {
    await clock.advance(3.125);
    open();
    await clock.advance(30);
    const speech = speechLikeSound(45);
    const said = track.say(speech);
    await clock.advance(1970);
    const all = Buffer.concat(frames().map((frame) => Buffer.from(frame.payload, 'base64')));
    expect(frames()).toHaveLength(100);
    expect(said).toEqual({ startMs: 33.125, durationMs: 45, endMs: 78.125 });
    expect([...all.subarray(30 * 8, 75 * 8)]).toEqual([...speech]);
    expect(all.subarray(0, 240).every((byte) => byte === 0xff)).toBe(true);
  });

  it('plays, echoes marks, and notes what arrived after a clear', async () => {
    const stream = open();
    stream.receive(media(speechLikeSound(100)), false);
    stream.receive(text({ event: 'mark', mark: { name: 'end' } }), false);
    await clock.advance(60);
    stream.receive(text({ event: 'clear' }), false);
    expect(stream.mediaAfterClear).toBe(0);
    stream.receive(media(speechLikeSound(30)), false);
    expect(stream.mediaAfterClear).toBe(30);
    expect(stream.marks).toEqual([{ name: 'end', receivedMs: 0, echoedMs: 60 }]);
    expect(stream.playout.heard.at(-1)).toEqual({ startMs: 0, endMs: 60 });
    expect(stream.received.map(({ event }) => event)).toEqual(['media', 'mark', 'clear', 'media']);
  });

  it('records violations, plays none of them, and drops audio beyond ten minutes', () => {
    const stream = open();
    stream.receive(Buffer.from([1]), true);
    stream.receive(text({ event: 'clear', streamSid: 'MZ2' }), false);
    stream.receive(media(new Uint8Array(600_000 * 8)), false);
    stream.receive(media(new Uint8Array(8)), false);
    expect(stream.violations.map(({ code }) => code)).toEqual([31950, 31951, 31931]);
    expect(stream.playout.heldMs).toBe(600_000);
  });

  it('mixes what the caller hears into what the caller sends, later and softer', async () => {
    const stream = open({ echo: { gainDb: -20, delayMs: 60 } });
    const heard = speechLikeSound(200);
    stream.receive(media(heard), false);
    await clock.advance(400);
    const mic = decodeMuLaw(Buffer.concat(frames().map((frame) => Buffer.from(frame.payload, 'base64'))));
    const ear = decodeMuLaw(heard);
    const errors = Array.from(ear, (sample, index) => Math.abs((mic[index + 480] ?? 0) - sample / 10));
    expect(mic.subarray(0, 480).every((sample) => sample === 0)).toBe(true);
    expect(Math.max(...errors)).toBeLessThan(60);
    expect(mic.subarray(480 + 1600).every((sample) => sample === 0)).toBe(true);
  });

  it('sends nothing after its end', async () => {
    const stream = open();
    stream.end();
    stream.dtmf('1');
    stream.stop();
    await clock.advance(100);
    expect(sent.map(({ event }) => event)).toEqual(['connected', 'start']);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('speechLikeSound', () => {
  it('is the same each time, as long as asked for, and about -20 dBFS', () => {
    const sound = speechLikeSound(700);
    const samples = decodeMuLaw(sound);
    const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    expect(sound).toEqual(speechLikeSound(700));
    expect(sound).toHaveLength(5600);
    expect(20 * Math.log10(rms / 32_768)).toBeCloseTo(-20, 0);
    expect(Math.max(...samples.subarray(0, 80).map(Math.abs))).toBeGreaterThan(1000);
  });
});
