import { Alarm } from '../../call/alarm.js';
import { type ClientMessage, readClientMessage } from './client-message.js';
import { ContextSpeech } from './context-speech.js';
import { IdleClose } from './idle-close.js';
import type { ServerSocket } from './server-socket.js';
import type { ServerState } from './server-state.js';
import type { SpeechQuery } from './socket-query.js';

const DEFAULT_CONTEXT = 'default';

interface Context {
  readonly speech: ContextSpeech;
  readonly inactivity: Alarm;
}

/**
 * `multi-stream-input`: several contexts on one socket. Any message with an unknown id opens a context, which takes a
 * place until its final message. The socket ends when it, or a context that is not closing, has no input for too long.
 */
export class MultiStream {
  readonly #state: ServerState;
  readonly #socket: ServerSocket;
  readonly #query: SpeechQuery;
  readonly #contexts = new Map<string, Context>();
  readonly #inactivity: Alarm;
  readonly #idle: IdleClose;
  #closing = false;

  constructor(state: ServerState, socket: ServerSocket, query: SpeechQuery) {
    this.#state = state;
    this.#socket = socket;
    this.#query = query;
    this.#inactivity = new Alarm(state.clock);
    this.#idle = new IdleClose(state, socket);
    socket.listen(
      (message) => {
        if (message === undefined) this.#refuse();
        else this.#receive(readClientMessage(message));
      },
      () => {
        this.#stop();
      },
    );
    this.#watch(this.#inactivity);
    this.#idle.expect(true);
  }

  /** Contexts without their final message. */
  get contexts(): number {
    return this.#contexts.size;
  }

  #refuse(): void {
    this.#socket.warn('malformed-message');
    this.#socket.fail('invalid_message', 'The message is not a JSON object.');
  }

  #receive(message: ClientMessage): void {
    this.#watch(this.#inactivity);
    if (this.#closing) return;
    if (message.closeSocket) {
      this.#closeSocket();
      return;
    }
    const { text = '', contextId, flush } = message;
    if (contextId !== undefined) this.#receiveIn(contextId, message);
    else if (text !== '' || flush || message.closeContext) {
      this.#socket.warn('context-id-missing', DEFAULT_CONTEXT);
      this.#receiveIn(DEFAULT_CONTEXT, message);
    }
  }

  #receiveIn(id: string, message: ClientMessage): void {
    const known = this.#contexts.get(id);
    if (known?.speech.isClosing === true) {
      if (!message.closeContext) this.#socket.warn('message-after-close', id);
      return;
    }
    if (known !== undefined && message.hasVoiceSettings) {
      this.#socket.fail(
        'invalid_voice_settings',
        'voice_settings field must be provided in the first message of a context.',
      );
      return;
    }
    if (known === undefined && message.closeContext && (message.text ?? '') === '') {
      this.#socket.warn('unknown-context-closed', id);
      return;
    }
    const context = known ?? this.#open(id, message);
    if (context !== undefined) this.#speak(id, context, message);
  }

  #speak(id: string, { speech, inactivity }: Context, message: ClientMessage): void {
    const { text = '', flush } = message;
    this.#watch(inactivity);
    if (text !== '' && !text.endsWith(' ')) this.#socket.warn('text-without-space', id);
    speech.write(text);
    if (message.tryTrigger) speech.trigger();
    if (flush) speech.flush();
    if (!message.closeContext) return;
    inactivity.stop();
    speech.close();
  }

  /** @returns undefined when that was one too many */
  #open(id: string, message: ClientMessage): Context | undefined {
    const { maxContexts } = this.#state.scenario;
    if (this.#contexts.size >= maxContexts) {
      this.#socket.fail(
        'max_active_conversations',
        `Maximum simultaneous contexts per WebSocket connection exceeded (${maxContexts}). ` +
          'Please close existing contexts before creating new ones.',
      );
      this.#stop();
      return undefined;
    }
    this.#warnOfFirst(id, message);
    const inactivity = new Alarm(this.#state.clock);
    const speech = new ContextSpeech({
      state: this.#state,
      socket: this.#socket,
      contextId: id,
      autoMode: this.#query.autoMode,
      schedule: message.schedule,
      opaque: this.#query.opaque,
      ended: () => {
        this.#ended(id);
      },
    });
    const context = { speech, inactivity };
    this.#contexts.set(id, context);
    this.#idle.expect(false);
    return context;
  }

  #warnOfFirst(id: string, { text = '', flush }: ClientMessage): void {
    if (text !== '') return;
    this.#socket.warn(flush ? 'unknown-context-flushed' : 'unknown-context-kept-alive', id);
  }

  #ended(id: string): void {
    this.#contexts.get(id)?.inactivity.stop();
    this.#contexts.delete(id);
    if (this.#contexts.size > 0) return;
    if (this.#closing) this.#socket.close(1000);
    else this.#idle.expect(true);
  }

  /** Text that waits is spoken too. */
  #closeSocket(): void {
    this.#closing = true;
    for (const { speech } of [...this.#contexts.values()]) {
      if (!speech.isClosing) speech.flush();
      speech.close();
    }
    if (this.#contexts.size === 0) this.#socket.close(1000);
  }

  #watch(alarm: Alarm): void {
    const { inactivityMs = this.#query.inactivityMs } = this.#state.scenario;
    if (inactivityMs === Infinity) return;
    alarm.set(inactivityMs, () => {
      this.#socket.fail(
        'input_timeout_exceeded',
        'No new text input was received within the timeout. Please send text or keep the connection alive.',
      );
      this.#stop();
    });
  }

  #stop(): void {
    this.#inactivity.stop();
    this.#idle.expect(false);
    for (const { speech, inactivity } of this.#contexts.values()) {
      speech.stop();
      inactivity.stop();
    }
    this.#contexts.clear();
  }
}
