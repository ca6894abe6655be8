import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { WebSocketServer } from 'ws';
import { SPEECH_STARTED, SPEECH_STOPPED } from '../magic-frames.mjs';
import { listen } from './websocket-server.mjs';

const FRAME_MS = 20;
const FRAME_BYTES = 160;
/** The package's own lead and head start. */
const AHEAD_MS = 150;
const FRAMES_PER_MARK = 4;

/** The least a server can do: the same messages at the same pace, with nothing behind them. */
export async function start({ agentFile }) {
  const speech = await readFile(agentFile);
  const url = await listen(WebSocketServer, (socket) => new BareCall(socket, speech));
  return { url };
}

class BareCall {
  #socket;
  #speech;
  #streamSid = '';
  #startedAt = 0;
  #sentFrames = 0;
  #marks = 0;
  #timer;
  heardBytes = 0;

  constructor(socket, speech) {
    this.#socket = socket;
    this.#speech = speech;
    socket.on('message', (data) => this.#message(JSON.parse(data.toString())));
    socket.on('close', () => this.#stop());
  }

  #message(message) {
    if (message.event === 'media') this.#media(message.media.payload);
    else if (message.event === 'start') {
      this.#streamSid = message.start.streamSid;
      this.#talk();
    } else if (message.event === 'stop') this.#stop();
  }

  #media(payload) {
    this.heardBytes += Buffer.from(payload, 'base64').length;
    if (payload === SPEECH_STARTED) {
      this.#stop();
      this.#send({ event: 'clear', streamSid: this.#streamSid });
      this.#mark();
    } else if (payload === SPEECH_STOPPED) this.#talk();
  }

  #talk() {
    this.#stop();
    this.#startedAt = performance.now();
    this.#sentFrames = 0;
    this.#mark();
    this.#pump();
  }

  #stop() {
    clearTimeout(this.#timer);
  }

  /** On an absolute schedule. */
  #pump() {
    for (;;) {
      const dueMs = this.#startedAt + this.#sentFrames * FRAME_MS - AHEAD_MS - performance.now();
      if (dueMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), dueMs);
        return;
      }
      this.#frame();
    }
  }

  #frame() {
    const at = (this.#sentFrames++ * FRAME_BYTES) % (this.#speech.length - FRAME_BYTES);
    const payload = this.#speech.subarray(at, at + FRAME_BYTES).toString('base64');
    this.#send({ event: 'media', streamSid: this.#streamSid, media: { payload } });
    if (this.#sentFrames % FRAMES_PER_MARK === 0) this.#mark();
  }

  #mark() {
    this.#send({ event: 'mark', streamSid: this.#streamSid, mark: { name: `m${++this.#marks}` } });
  }

  #send(message) {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
