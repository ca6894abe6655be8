import { wireAlignment } from './alignment.js';
import type { PlacedFault } from './faults.js';
import { BYTES_PER_MS, type GenerationRecord } from './generation.js';
import type { SpeechScenario } from './scenario.js';
import type { ServerSocket } from './server-socket.js';
import type { ServerState } from './server-state.js';
import { messageSizes, Speaker, type SpokenMessage } from './speaker.js';
import { TextBuffer } from './text-buffer.js';

/** Bytes that make a length neither a multiple of 160 nor of 8. */
const ODD_BYTES = [3, 5, 1, 7];
const STRAY_MS = 100;
const LATE_MESSAGE_MS = 100;
const HUGE_BYTES = 1_100_000;

export interface ContextSpeechOptions {
  readonly state: ServerState;
  readonly socket: ServerSocket;
  /** undefined on stream-input. */
  readonly contextId: string | undefined;
  readonly autoMode: boolean;
  readonly schedule: readonly number[] | undefined;
  /** The client did not ask for mu-law. */
  readonly opaque: boolean;
  /** The final message was sent. */
  readonly ended: () => void;
}

/** What is said in one context: text in, frames of audio out. */
export class ContextSpeech {
  readonly #options: ContextSpeechOptions;
  readonly #scenario: SpeechScenario;
  readonly #buffer: TextBuffer;
  #generation: GenerationRecord | undefined;
  #speaker: Speaker | undefined;
  #fault: PlacedFault<'socket'> | undefined;
  #audioSinceFault = 0;
  #hasText = false;
  #closing = false;
  #dead = false;
  #cancelDrain: (() => void) | undefined;

  constructor(options: ContextSpeechOptions) {
    this.#options = options;
    this.#scenario = options.state.scenario;
    this.#buffer = new TextBuffer(options.autoMode, options.schedule);
  }

  get isClosing(): boolean {
    return this.#closing;
  }

  /** Appends text as it is; one space before all text opens the context and is not spoken. */
  write(text: string): void {
    if (text === '' || (text === ' ' && !this.#hasText)) return;
    this.#hasText = true;
    this.#say(this.#buffer.write(text));
  }

  /** For `try_trigger_generation`. */
  trigger(): void {
    this.#say(this.#buffer.trigger());
  }

  flush(): void {
    const done = () => {
      if (this.#scenario.flushDone && !this.#dead && this.#options.contextId !== undefined)
        this.#send('flush_done', { type: 'flush_done', context_id: this.#options.contextId });
    };
    const text = this.#buffer.flush();
    if (text !== '') this.#say(text, done);
    else if (this.#speaker === undefined || this.#speaker.isIdle) done();
    else this.#speaker.whenIdle(done);
  }

  /** No more text: what was flushed comes, then the final message. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (!this.#buffer.isEmpty) this.#options.socket.warn('unflushed-text-dropped', this.#options.contextId);
    if (this.#dead) return;
    if (this.#speaker === undefined || this.#speaker.isIdle) {
      this.#end();
      return;
    }
    this.#speaker.whenIdle(() => {
      this.#end();
    });
    const { drainMs } = this.#scenario;
    if (drainMs === Infinity) return;
    this.#cancelDrain = this.#options.state.clock.after(drainMs, () => {
      this.#end();
    });
  }

  /** Nothing more is sent. */
  stop(): void {
    this.#dead = true;
    this.#cancelDrain?.();
    this.#speaker?.stop();
  }

  #say(text: string, done?: () => void): void {
    if (text === '' || this.#dead) return;
    const { state, socket } = this.#options;
    if (this.#fault === undefined) {
      const { voiceId } = socket.request;
      this.#fault = state.faults.take('socket', voiceId, (kind) => kind !== 'close-idle');
      this.#audioSinceFault = 0;
    }
    this.#speaker ??= this.#begin();
    this.#speaker.say(text, done);
  }

  #begin(): Speaker {
    const { state, opaque } = this.#options;
    const generation = state.generations.begin(this.#origin(opaque));
    this.#generation = generation;
    const [plain, odd] = [messageSizes(this.#scenario), messageSizes(this.#scenario, ODD_BYTES)];
    return new Speaker({
      clock: state.clock,
      random: state.random,
      scenario: this.#scenario,
      generation,
      messageBytes: (index) => (this.#fault?.kind === 'odd-audio' ? odd : plain)(index),
      message: (message) => {
        this.#spoken(message);
      },
    });
  }

  #origin(opaque: boolean) {
    const { socket, contextId } = this.#options;
    const { number, voiceId } = socket.request;
    return { voiceId, contextId, socket: number, msPerChar: this.#scenario.msPerChar, opaque };
  }

  #spoken(message: SpokenMessage): void {
    const fault = this.#fault;
    const strikes = fault !== undefined && this.#audioSinceFault++ === (fault.after ?? 1);
    if (strikes && this.#replaced(fault)) return;
    if (strikes) this.#precede(fault);
    const isHuge = strikes && fault.kind === 'huge-message';
    this.#sendAudio(message, isHuge ? { padding: 'x'.repeat(HUGE_BYTES) } : {});
  }

  /** @returns whether the fault takes the place of the message */
  #replaced({ kind, code }: PlacedFault<'socket'>): boolean {
    const { socket } = this.#options;
    switch (kind) {
      case 'error-1008':
        socket.fail(code ?? 'policy_violation', 'The connection is closed.', 1008);
        return true;
      case 'error-1011':
        socket.fail(code ?? 'internal_server_error', 'Something went wrong.', 1011);
        return true;
      case 'cut':
        socket.cut();
        return true;
      case 'close-1000':
        socket.close(1000);
        return true;
      case 'stall':
        this.stop();
        return true;
      case 'early-end':
        this.#end();
        return true;
      default:
        return false;
    }
  }

  /** What comes before the message. */
  #precede({ kind }: PlacedFault<'socket'>): void {
    const { socket, contextId } = this.#options;
    if (kind === 'malformed-json') socket.sendText('malformed', '{"audio":"AAAA', contextId);
    if (kind === 'empty-audio')
      this.#sendAudio({ audio: new Uint8Array(0), alignment: null, normalized: null });
    if (kind === 'no-context') this.#sendStray(undefined);
    if (kind === 'unknown-context') this.#sendStray('context-that-never-was');
  }

  /** Audio of a generation of its own, so that it is known when somebody hears it. */
  #sendStray(contextId: string | undefined): void {
    const { state, socket } = this.#options;
    const stray = state.generations.begin({ ...this.#origin(false), contextId });
    const audio = Buffer.from(stray.take(STRAY_MS * BYTES_PER_MS)).toString('base64');
    const id = contextId === undefined ? {} : { [this.#scenario.contextKey]: contextId };
    const message = { audio, isFinal: null, alignment: null, normalizedAlignment: null, ...id };
    socket.send('audio', message, contextId, STRAY_MS);
  }

  #sendAudio({ audio, alignment, normalized }: SpokenMessage, extra: Record<string, unknown> = {}): void {
    const frame = {
      audio: Buffer.from(audio).toString('base64'),
      [this.#scenario.finalKey]: null,
      ...this.#id(),
      normalizedAlignment: wireAlignment(normalized, this.#scenario),
      alignment: wireAlignment(alignment, this.#scenario),
      ...extra,
    };
    this.#send('audio', frame, audio.length / BYTES_PER_MS);
  }

  #end(): void {
    this.stop();
    const kind = this.#fault?.kind;
    if (kind === 'missing-final') return;
    const isMulti = this.#options.contextId !== undefined;
    const final = { ...(isMulti ? {} : { audio: null }), [this.#scenario.finalKey]: true, ...this.#id() };
    this.#send('final', final);
    if (kind === 'duplicate-final') this.#send('final', final);
    if (kind === 'late-frames') this.#sendLate(this.#fault?.messages ?? 3);
    this.#options.ended();
  }

  #sendLate(messages: number): void {
    const { clock } = this.#options.state;
    for (let index = 1; index <= messages; index++)
      clock.after((index * LATE_MESSAGE_MS) / this.#scenario.speed, () => {
        const audio = this.#generation?.take(LATE_MESSAGE_MS * BYTES_PER_MS) ?? new Uint8Array(0);
        this.#sendAudio({ audio, alignment: null, normalized: null });
      });
  }

  #id(): Record<string, string> {
    const { contextId } = this.#options;
    return contextId === undefined ? {} : { [this.#scenario.contextKey]: contextId };
  }

  #send(kind: 'audio' | 'final' | 'flush_done', message: unknown, audioMs = 0): void {
    this.#options.socket.send(kind, message, this.#options.contextId, audioMs);
  }
}
