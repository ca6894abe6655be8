import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { WebSocket } from 'ws';
import { dial } from './dial.mjs';
import { Playout } from './playout.mjs';

const BYTES_PER_MS = 8;
const FRAME_MS = 20;
const MEDIA_FORMAT = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };

/** One caller on Twilio's side: sends a track, plays what comes, and times each `clear`. */
export class Call {
  #track;
  #startCycle;
  #record;
  #callSid;
  #streamSid;
  #socket;
  #sequence = 0;
  #nextStart = 0;
  #nextStop = 0;
  /** When the frame that has not been answered by a `clear` was sent. */
  #decidedAt;
  /** From the `clear` to the end of the caller's turn nothing may come. */
  #cleared = false;
  #playout = new Playout(
    (name) => this.#inStream('mark', { mark: { name } }),
    (gapMs) => this.#record.underrun(gapMs),
  );

  /** @param {{ id: number, track: object, startCycle: number }} options */
  constructor({ id, track, startCycle }, record) {
    const digits = id.toString(16).padStart(32, '0');
    this.#callSid = `CA${digits}`;
    this.#streamSid = `MZ${digits}`;
    this.#track = track;
    this.#startCycle = startCycle;
    this.#record = record;
  }

  async connect(target) {
    const { url, parameters } = await dial(target, this.#callSid);
    this.#socket = new WebSocket(url, { perMessageDeflate: false });
    await once(this.#socket, 'open');
    this.#socket.on('message', (data) => this.#message(JSON.parse(data.toString())));
    this.#socket.on('close', () => this.#playout.stop());
    this.#socket.on('error', () => this.#record.socketError());
    this.#socket.send(JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }));
    const accountSid = `AC${'0'.repeat(32)}`;
    const ids = { accountSid, streamSid: this.#streamSid, callSid: this.#callSid };
    const start = { ...ids, tracks: ['inbound'], mediaFormat: MEDIA_FORMAT, customParameters: parameters };
    this.#inStream('start', { start });
  }

  /** Sends the frame of this call that is due in the given cycle of 20 ms. */
  send(cycle) {
    const frame = cycle - this.#startCycle;
    const payload = this.#track.payloads[frame];
    if (payload === undefined) return;
    if (frame === this.#track.started[this.#nextStart]) this.#deciding();
    if (frame === this.#track.stopped[this.#nextStop]) this.#turnEnds();
    // Written out: this is by far the most frequent message of the load generator.
    this.#text(
      `{"event":"media","sequenceNumber":"${++this.#sequence}","media":{"track":"inbound","chunk":"${frame + 1}",` +
        `"timestamp":"${frame * FRAME_MS + 120}","payload":"${payload}"},"streamSid":"${this.#streamSid}"}`,
    );
  }

  hangUp() {
    this.#playout.stop();
    this.#inStream('stop', { stop: { accountSid: `AC${'0'.repeat(32)}`, callSid: this.#callSid } });
    this.#socket.close();
  }

  #deciding() {
    this.#nextStart++;
    this.#decidedAt = performance.now();
  }

  #turnEnds() {
    this.#nextStop++;
    this.#cleared = false;
    if (this.#decidedAt !== undefined) this.#record.missed();
    this.#decidedAt = undefined;
  }

  #message(message) {
    if (message.event === 'media')
      this.#media(Buffer.byteLength(message.media.payload, 'base64') / BYTES_PER_MS);
    else {
      this.#record.message(0);
      if (message.event === 'mark') this.#playout.mark(message.mark.name);
      else if (message.event === 'clear') this.#clear();
    }
  }

  #media(ms) {
    this.#record.message(ms);
    if (this.#cleared) this.#record.lateMedia();
    this.#playout.media(ms);
  }

  #clear() {
    if (this.#decidedAt === undefined) this.#record.unexpectedClear();
    else this.#record.clear(performance.now() - this.#decidedAt);
    this.#decidedAt = undefined;
    this.#cleared = true;
    this.#playout.clear();
  }

  #inStream(event, body) {
    const sequenceNumber = String(++this.#sequence);
    this.#text(JSON.stringify({ event, sequenceNumber, streamSid: this.#streamSid, ...body }));
  }

  #text(text) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
    else this.#record.socketError();
  }
}
