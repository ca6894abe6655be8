// A realtime model for the servers that need one: hears the magic frames, talks in deltas at the pace of speech.
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { WebSocketServer } from 'ws';
import { answer } from './answering.mjs';
import { STARTED_PREFIX, STOPPED_PREFIX } from './magic-frames.mjs';
import { listen } from './servers/websocket-server.mjs';

/** Fewer and larger deltas are the cheaper way for whoever passes them on. */
const DELTA_MS = 200;
const AHEAD_MS = 400;
const BYTES_PER_MS = 8;

class ModelSession {
  #socket;
  #deltas;
  #responses = 0;
  #response;
  #startedAt = 0;
  #sent = 0;
  #timer;

  constructor(socket, deltas) {
    this.#socket = socket;
    this.#deltas = deltas;
    socket.on('message', (data) => this.#message(data.toString()));
    socket.on('close', () => clearTimeout(this.#timer));
    this.#send('session.created', { session: { id: 'sess_1', type: 'realtime' } });
  }

  /** Appended audio is by far the most frequent, and only looked through. */
  #message(text) {
    if (text.includes('input_audio_buffer.append')) this.#audio(text);
    else if (text.includes('"session.update"')) this.#configured(JSON.parse(text).session);
  }

  #configured(session) {
    this.#send('session.updated', { session });
    if (this.#responses === 0) this.#respond();
  }

  #audio(text) {
    if (text.includes(STARTED_PREFIX)) this.#interrupted();
    else if (text.includes(STOPPED_PREFIX)) {
      this.#send('input_audio_buffer.speech_stopped', { audio_end_ms: 0, item_id: 'item_caller' });
      this.#respond();
    }
  }

  #interrupted() {
    this.#send('input_audio_buffer.speech_started', { audio_start_ms: 0, item_id: 'item_caller' });
    clearTimeout(this.#timer);
    if (this.#response !== undefined)
      this.#send('response.done', {
        response: { id: this.#response, object: 'realtime.response', status: 'cancelled', output: [] },
      });
    this.#response = undefined;
  }

  #respond() {
    this.#response = `resp_${++this.#responses}`;
    this.#startedAt = performance.now();
    this.#sent = 0;
    const response = { id: this.#response, object: 'realtime.response', status: 'in_progress', output: [] };
    const item = { id: this.#itemId, type: 'message', role: 'assistant', status: 'in_progress', content: [] };
    this.#send('response.created', { response });
    this.#send('response.output_item.added', { response_id: this.#response, output_index: 0, item });
    this.#pump();
  }

  #pump() {
    for (;;) {
      const dueMs = this.#startedAt + this.#sent * DELTA_MS - AHEAD_MS - performance.now();
      if (dueMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), dueMs);
        return;
      }
      this.#send('response.output_audio.delta', {
        response_id: this.#response,
        item_id: this.#itemId,
        output_index: 0,
        content_index: 0,
        delta: this.#deltas[this.#sent++ % this.#deltas.length],
      });
    }
  }

  get #itemId() {
    return `item_${this.#responses}`;
  }

  #send(type, body) {
    if (this.#socket.readyState === this.#socket.OPEN)
      this.#socket.send(JSON.stringify({ type, event_id: `event_${this.#responses}`, ...body }));
  }
}

answer({
  start: async ({ agentFile }) => {
    const speech = await readFile(agentFile);
    const bytes = DELTA_MS * BYTES_PER_MS;
    const deltas = Array.from({ length: Math.floor(speech.length / bytes) }, (_, index) =>
      speech.subarray(index * bytes, (index + 1) * bytes).toString('base64'),
    );
    const url = await listen(WebSocketServer, (socket) => new ModelSession(socket, deltas));
    return { url };
  },
});
