import type { Subscriber } from 'rxjs';
import WebSocket from 'ws';
import { Alarm } from '../../call/alarm.js';
import type { Clock } from '../../call/clock.js';
import { type Transcript, TranscriberFailedError } from '../transcriber.js';
import { parseScribeMessage, type ScribeMessage } from './scribe-message.js';
import { type ResolvedScribeOptions, scribeUrl } from './scribe.options.js';

const BYTES_PER_MS = 8;
/** Audio is sent in pieces of so much, ms: five frames of the telephone. */
const CHUNK_MS = 100;
/** Errors that another connection does not mend. */
const LASTING = new Set(['auth_error', 'quota_exceeded', 'unaccepted_terms', 'invalid_request']);
const LASTING_STATUS = new Set([400, 401, 403, 404]);

export interface ScribeSessionOptions extends Omit<ResolvedScribeOptions, 'language'> {
  readonly language: string | undefined;
  readonly clock: Clock;
  readonly subscriber: Subscriber<Transcript>;
  readonly malformed: () => void;
}

/** What was handed in and has no answer yet: audio, or a commit. */
type Item = { readonly audio: Uint8Array } | 'commit';

/**
 * The caller's words over one connection after another: what has no answer yet is kept, and said again on the next.
 * Each commit is answered once.
 */
export class ScribeSession {
  readonly #options: ScribeSessionOptions;
  readonly #answer: Alarm;
  readonly #retry: Alarm;
  #kept: Item[] = [];
  #keptBytes = 0;
  /** Items of {@link #kept} that this connection has been sent. */
  #sent = 0;
  #socket: WebSocket | undefined;
  #started = false;
  #failures = 0;
  #closed = false;

  constructor(options: ScribeSessionOptions) {
    this.#options = options;
    this.#answer = new Alarm(options.clock);
    this.#retry = new Alarm(options.clock);
    this.#connect();
  }

  audio(audio: Uint8Array): void {
    this.#kept.push({ audio });
    this.#keptBytes += audio.length;
    this.#forget();
    this.#send(CHUNK_MS);
  }

  commit(): void {
    this.#kept.push('commit');
    this.#send(0);
  }

  close(): void {
    this.#closed = true;
    this.#answer.stop();
    this.#retry.stop();
    this.#drop();
  }

  #connect(): void {
    const { apiKey, limits, language, ...options } = this.#options;
    const url = scribeUrl({ ...options, apiKey, limits, ...(language === undefined ? {} : { language }) });
    const socket = new WebSocket(url, { headers: { 'xi-api-key': apiKey }, perMessageDeflate: false });
    this.#socket = socket;
    this.#started = false;
    this.#sent = 0;
    let refused = '';
    this.#retry.set(limits.handshakeMs, () => {
      this.#lost(socket, 'handshake');
    });
    socket.on('message', (data: Buffer, isBinary) => {
      const message = isBinary ? undefined : parseScribeMessage(data.toString('utf8'));
      if (message === undefined) this.#options.malformed();
      else if (this.#socket === socket) this.#receive(socket, message);
    });
    socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      refused = `http_${statusCode}`;
      request.destroy();
      this.#lost(socket, refused, LASTING_STATUS.has(statusCode));
    });
    // Without a listener an error would end the process.
    socket.on('error', () => {
      this.#lost(socket, refused === '' ? 'connection' : refused);
    });
    socket.on('close', (code) => {
      this.#lost(socket, `closed_${code}`);
    });
  }

  #receive(socket: WebSocket, message: ScribeMessage): void {
    switch (message.type) {
      case 'started':
        this.#started = true;
        this.#retry.stop();
        this.#send(0);
        return;
      case 'partial':
        this.#options.subscriber.next({ text: message.text, final: false });
        return;
      case 'committed':
        this.#answered(message.text, message.language);
        return;
      case 'throttled':
        this.#answered('');
        return;
      case 'error':
        this.#lost(socket, message.code, LASTING.has(message.code));
        return;
      case 'other':
    }
  }

  /** One more answer than commits is one said twice. */
  #answered(text: string, language?: string): void {
    const commit = this.#kept.indexOf('commit');
    if (commit === -1 || commit >= this.#sent) return;
    this.#failures = 0;
    for (const item of this.#kept.splice(0, commit + 1))
      if (item !== 'commit') this.#keptBytes -= item.audio.length;
    this.#sent -= commit + 1;
    this.#answer.stop();
    this.#awaitAnswer();
    this.#options.subscriber.next({ text, final: true, ...(language === undefined ? {} : { language }) });
  }

  /** Sends what the connection has not had: audio in pieces of at least `leastMs`, and every commit. */
  #send(leastMs: number): void {
    if (!this.#started) return;
    const fresh = this.#kept.slice(this.#sent);
    const bytes = fresh.reduce((sum, item) => sum + (item === 'commit' ? 0 : item.audio.length), 0);
    if (bytes < leastMs * BYTES_PER_MS && !fresh.includes('commit')) return;
    let chunk: Uint8Array[] = [];
    for (const item of fresh) {
      if (item !== 'commit') {
        chunk.push(item.audio);
        continue;
      }
      this.#write(chunk, true);
      chunk = [];
    }
    if (chunk.length > 0) this.#write(chunk, false);
    this.#sent = this.#kept.length;
    this.#awaitAnswer();
  }

  #write(audio: readonly Uint8Array[], commit: boolean): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(
      JSON.stringify({
        message_type: 'input_audio_chunk',
        audio_base_64: Buffer.concat(audio).toString('base64'),
        commit,
        sample_rate: 8_000,
      }),
    );
  }

  #awaitAnswer(): void {
    const isAsked = this.#kept.slice(0, this.#sent).includes('commit');
    const socket = this.#socket;
    if (!isAsked || this.#answer.isSet || socket === undefined) return;
    this.#answer.set(this.#options.limits.answerMs, () => {
      this.#lost(socket, 'no_answer');
    });
  }

  /** Silence of minutes is not kept: only what may be part of the words to come. */
  #forget(): void {
    const most = this.#options.limits.keptMs * BYTES_PER_MS;
    while (this.#keptBytes > most) {
      const [first] = this.#kept;
      if (first === undefined || first === 'commit') return;
      this.#kept.shift();
      this.#keptBytes -= first.audio.length;
      this.#sent = Math.max(0, this.#sent - 1);
    }
  }

  #lost(socket: WebSocket, code: string, lasting = false): void {
    if (this.#socket !== socket || this.#closed) return;
    this.#drop();
    this.#answer.stop();
    const { limits, subscriber } = this.#options;
    if (lasting || ++this.#failures >= limits.attempts) {
      const remedy = lasting ? ': check ELEVENLABS_API_KEY (option apiKey) and what it may use' : '';
      subscriber.error(
        new TranscriberFailedError(`ElevenLabs refused or lost the transcription (${code})${remedy}.`),
      );
      return;
    }
    this.#retry.set(limits.retryMs * 2 ** (this.#failures - 1), () => {
      this.#connect();
    });
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#started = false;
    socket?.terminate();
  }
}
