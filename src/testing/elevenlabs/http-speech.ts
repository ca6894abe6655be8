import type { CancelTimer } from '../../call/clock.js';
import { httpAlignment } from './alignment.js';
import type { PlacedFault } from './faults.js';
import { faultRefusal, invalid, refusal, type Refusal } from './refusal.js';
import type { HttpExchange } from './http-exchange.js';
import { changedScenario, type SpeechScenario } from './scenario.js';
import { OUTPUT_FORMAT, type ServerState, unauthorized, wrongFormat } from './server-state.js';
import { messageSizes, Speaker, type SpokenMessage } from './speaker.js';

/** Chunks of raw audio, bytes: not aligned to anything. */
const CHUNK_BYTES = [1_000, 777];
const SLOW_MS = 5_000;
const MOST_CONCURRENT = 10;
/** Between the two halves of a character that is split, ms. */
const SPLIT_MS = 2;

/** One of the four forms of the endpoint. */
export interface SpeechForm {
  /** In pieces as they are made, or as a whole. */
  readonly streams: boolean;
  /** As JSON with times, or as raw audio. */
  readonly timestamps: boolean;
}

/** Answers requests for speech. */
export class HttpSpeech {
  readonly #state: ServerState;
  #active = 0;
  #requests = 0;

  constructor(state: ServerState) {
    this.#state = state;
  }

  answer(exchange: HttpExchange, voiceId: string, form: SpeechForm): void {
    const refused = unauthorized(this.#state, exchange.headers) ?? this.#invalid(exchange);
    if (refused !== undefined) {
      exchange.refuse(refused);
      return;
    }
    const fault = this.#state.faults.take('http', voiceId);
    const refusedByFault = fault && faultRefusal(fault);
    if (refusedByFault !== undefined) exchange.refuse(refusedByFault);
    else if (fault?.kind === 'json')
      exchange.refuse({ ...refusal(401, { code: 'quota_exceeded' }), status: 200 });
    else if (fault?.kind === 'slow') this.#speakLater(fault.delayMs ?? SLOW_MS, exchange, voiceId, form);
    else if (fault?.kind !== 'hang') this.#speak(exchange, voiceId, form, fault);
  }

  #speakLater(delayMs: number, exchange: HttpExchange, voiceId: string, form: SpeechForm): void {
    const cancel = this.#state.clock.after(delayMs, () => {
      this.#speak(exchange, voiceId, form, undefined);
    });
    exchange.onEnd(cancel);
  }

  #invalid({ body, query }: HttpExchange): Refusal | undefined {
    const { text } = Object(body) as { text?: unknown };
    if (typeof text !== 'string') return invalid(['body', 'text'], 'Field required', 'missing');
    if (text.trim() === '')
      return refusal(400, { code: 'input_text_empty', message: 'Text must not be empty.' });
    return wrongFormat(query['output_format']);
  }

  #speak(
    exchange: HttpExchange,
    voiceId: string,
    form: SpeechForm,
    fault: PlacedFault<'http'> | undefined,
  ): void {
    const { text } = exchange.body as { text: string };
    const isMuLaw = exchange.query['output_format'] === OUTPUT_FORMAT;
    const headers = { ...this.#headers(text), 'content-type': contentType(form, isMuLaw) };
    const answer = new SpeechAnswer(this.#state, exchange, form, fault, headers);
    this.#active++;
    exchange.onEnd(() => {
      this.#active--;
      answer.stop();
    });
    answer.start(text, voiceId, !isMuLaw);
  }

  #headers(text: string): Record<string, string> {
    const number = ++this.#requests;
    return {
      'request-id': `local-request-${number}`,
      'x-trace-id': `local-trace-${number}`,
      'character-cost': String(Array.from(text).length),
      'current-concurrent-requests': String(this.#active + 1),
      'maximum-concurrent-requests': String(MOST_CONCURRENT),
    };
  }
}

const contentType = ({ timestamps }: SpeechForm, isMuLaw: boolean): string =>
  timestamps ? 'application/json' : isMuLaw ? 'audio/basic' : 'audio/mpeg';

/** Speech of one request. */
class SpeechAnswer {
  readonly #state: ServerState;
  readonly #exchange: HttpExchange;
  readonly #form: SpeechForm;
  readonly #fault: PlacedFault<'http'> | undefined;
  readonly #headers: Record<string, string>;
  readonly #scenario: SpeechScenario;
  readonly #chunks: Uint8Array[] = [];
  readonly #whole: SpokenMessage[] = [];
  #speaker: Speaker | undefined;
  #begun = false;
  #stopped = false;
  #written = 0;
  #ending = false;
  #cancelSplit: CancelTimer | undefined;

  constructor(
    state: ServerState,
    exchange: HttpExchange,
    form: SpeechForm,
    fault: PlacedFault<'http'> | undefined,
    headers: Record<string, string>,
  ) {
    this.#state = state;
    this.#exchange = exchange;
    this.#form = form;
    this.#fault = fault;
    this.#headers = headers;
    this.#scenario = httpScenario(state.scenario);
  }

  start(text: string, voiceId: string, opaque: boolean): void {
    const { clock, random, generations } = this.#state;
    const { streams, timestamps } = this.#form;
    const scenario = this.#scenario;
    const raw = (index: number) => CHUNK_BYTES[index % CHUNK_BYTES.length] as number;
    this.#speaker = new Speaker({
      clock,
      random,
      scenario,
      generation: generations.begin({ voiceId, msPerChar: scenario.msPerChar, opaque }),
      messageBytes: timestamps ? messageSizes(scenario) : raw,
      message: (message) => {
        if (!streams) this.#whole.push(message);
        else this.#enqueue(timestamps ? lineOf(message) : message.audio);
      },
    });
    this.#speaker.say(text, () => {
      if (!streams) this.#enqueueWhole();
      this.#ending = true;
      this.#write();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#speaker?.stop();
    this.#cancelSplit?.();
  }

  /** In two halves, so that it too can break in the middle. */
  #enqueueWhole(): void {
    const whole = this.#form.timestamps
      ? wholeOf(this.#whole)
      : Buffer.concat(this.#whole.map(({ audio }) => audio));
    const middle = Math.ceil(whole.length / 2);
    this.#enqueue(whole.subarray(0, middle));
    this.#enqueue(whole.subarray(middle));
  }

  #enqueue(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#write();
  }

  #write(): void {
    while (!this.#stopped && this.#cancelSplit === undefined) {
      if (this.#struck()) return;
      const chunk = this.#chunks.shift();
      if (chunk === undefined) break;
      if (!this.#begun) this.#exchange.begin(this.#headers);
      this.#begun = true;
      this.#written++;
      this.#writeSplit(chunk);
    }
    if (this.#ending && this.#chunks.length === 0 && this.#cancelSplit === undefined && !this.#stopped)
      this.#exchange.end();
  }

  /** A character of several bytes reaches the client in two pieces. */
  #writeSplit(chunk: Uint8Array): void {
    const isText = this.#form.timestamps && this.#form.streams;
    const multiByte = isText ? chunk.findIndex((byte) => byte >= 0xc0) : -1;
    if (multiByte === -1) {
      this.#exchange.write(chunk);
      return;
    }
    this.#exchange.write(chunk.subarray(0, multiByte + 1));
    this.#cancelSplit = this.#state.clock.after(SPLIT_MS, () => {
      this.#cancelSplit = undefined;
      this.#exchange.write(chunk.subarray(multiByte + 1));
      this.#write();
    });
  }

  /** @returns whether the answer has come to its fault */
  #struck(): boolean {
    const fault = this.#fault;
    if (fault === undefined || !['stall', 'early-end', 'cut'].includes(fault.kind)) return false;
    const after = this.#form.streams ? (fault.after ?? 1) : 1;
    if (this.#written < after) return false;
    if (!this.#begun) this.#exchange.begin(this.#headers);
    this.stop();
    if (fault.kind === 'early-end') this.#exchange.end();
    if (fault.kind === 'cut') this.#exchange.cut();
    return true;
  }
}

/** By HTTP times run through the whole request. */
const httpScenario = (scenario: SpeechScenario): SpeechScenario =>
  scenario.alignment === 'every-chunk' ? changedScenario(scenario, { alignment: 'absolute' }) : scenario;

const lineOf = ({ audio, alignment, normalized }: SpokenMessage): Uint8Array =>
  Buffer.from(`${jsonOf(audio, httpAlignment(alignment), httpAlignment(normalized))}\n\n`);

function wholeOf(messages: readonly SpokenMessage[]): Uint8Array {
  const audio = Buffer.concat(messages.map((message) => message.audio));
  const parts = messages.flatMap(({ normalized }) => (normalized === null ? [] : [normalized]));
  const all = httpAlignment(
    parts.length === 0
      ? null
      : {
          chars: parts.flatMap(({ chars }) => chars),
          startsMs: parts.flatMap(({ startsMs }) => startsMs),
          durationsMs: parts.flatMap(({ durationsMs }) => durationsMs),
        },
  );
  return Buffer.from(jsonOf(audio, all, all));
}

const jsonOf = (audio: Uint8Array, alignment: unknown, normalized: unknown): string =>
  JSON.stringify({
    audio_base64: Buffer.from(audio).toString('base64'),
    alignment,
    normalized_alignment: normalized,
  });
