import { Alarm } from '../../call/alarm.js';
import { type ClientMessage, readClientMessage } from './client-message.js';
import { ContextSpeech } from './context-speech.js';
import { IdleClose } from './idle-close.js';
import type { ServerSocket } from './server-socket.js';
import type { ServerState } from './server-state.js';
import type { SpeechQuery } from './socket-query.js';

/** `stream-input`: one utterance per socket; an empty text ends it, and the server closes when all was said. */
export class SingleStream {
  readonly #state: ServerState;
  readonly #socket: ServerSocket;
  readonly #query: SpeechQuery;
  readonly #inactivity: Alarm;
  readonly #idle: IdleClose;
  #speech: ContextSpeech | undefined;

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
    this.#watch();
    this.#idle.expect(true);
  }

  /** 1 from the first message to the final one. */
  get contexts(): number {
    return this.#speech === undefined ? 0 : 1;
  }

  #refuse(): void {
    this.#socket.warn('malformed-message');
    this.#socket.fail('invalid_message', 'The message is not a JSON object.');
  }

  #receive(message: ClientMessage): void {
    if (this.#speech?.isClosing === true) {
      this.#socket.warn('message-after-close');
      return;
    }
    this.#watch();
    const speech = this.#speech ?? this.#open(message);
    const { text = '', flush, tryTrigger } = message;
    if (text === '' && !flush) {
      this.#inactivity.stop();
      speech.flush();
      speech.close();
      return;
    }
    if (text !== '' && !text.endsWith(' ')) this.#socket.warn('text-without-space');
    if (text !== ' ') speech.write(text); // one space keeps the socket alive
    if (tryTrigger) speech.trigger();
    if (flush) speech.flush();
  }

  #open(message: ClientMessage): ContextSpeech {
    if (message.text !== ' ') this.#socket.warn('first-message-not-a-space');
    this.#idle.expect(false);
    this.#speech = new ContextSpeech({
      state: this.#state,
      socket: this.#socket,
      contextId: undefined,
      autoMode: this.#query.autoMode,
      schedule: message.schedule,
      opaque: this.#query.opaque,
      ended: () => {
        this.#socket.close(1000);
        this.#stop();
      },
    });
    return this.#speech;
  }

  #watch(): void {
    const { inactivityMs = this.#query.inactivityMs } = this.#state.scenario;
    if (inactivityMs === Infinity) return;
    this.#inactivity.set(inactivityMs, () => {
      this.#socket.fail('input_timeout_exceeded', 'No new text input was received within the timeout.');
      this.#stop();
    });
  }

  #stop(): void {
    this.#inactivity.stop();
    this.#idle.expect(false);
    this.#speech?.stop();
    this.#speech = undefined;
  }
}
