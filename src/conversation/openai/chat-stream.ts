import { Observable, type Subscriber } from 'rxjs';
import { Alarm } from '../../call/alarm.js';
import type { Clock } from '../../call/clock.js';
import { asFailure, failed } from './failures.js';
import type { ChatBody, ChatChunk, ChatClient } from './sdk.js';

/** After the finish reason the answer is read to its end, so that its connection can be used again: at most so long. */
const DRAIN_MS = 1_000;

/** What a model writes, in order; the finish comes last. Tool calls will be a third kind. */
export type ChatPart =
  { readonly type: 'text'; readonly text: string } | { readonly type: 'finish'; readonly reason: string };

export interface ChatStreamOptions {
  readonly client: ChatClient;
  readonly clock: Clock;
  readonly limits: { readonly firstTokenMs: number; readonly stallMs: number };
  /** Closes the request, and completes the stream without a finish. */
  readonly signal: AbortSignal;
}

/**
 * Asks the model once. Cold; unsubscribing closes the request, and with it the connection, at once.
 * @throws (as its error) ModelFailedError
 */
export function chatStream(body: ChatBody, options: ChatStreamOptions): Observable<ChatPart> {
  return new Observable((subscriber) => {
    if (options.signal.aborted) subscriber.complete();
    else new ChatRun(subscriber, options).start(body);
  });
}

class ChatRun {
  readonly #subscriber: Subscriber<ChatPart>;
  readonly #options: ChatStreamOptions;
  readonly #watch: Alarm;
  /** Of this request alone: a shared signal would keep a listener of each. */
  readonly #controller = new AbortController();
  #finished = false;

  constructor(subscriber: Subscriber<ChatPart>, options: ChatStreamOptions) {
    this.#subscriber = subscriber;
    this.#options = options;
    this.#watch = new Alarm(options.clock);
  }

  start(body: ChatBody): void {
    const { signal, limits } = this.#options;
    const abort = () => {
      this.#subscriber.complete();
    };
    signal.addEventListener('abort', abort);
    this.#subscriber.add(() => {
      signal.removeEventListener('abort', abort);
      this.#leave();
    });
    this.#expectWithin(limits.firstTokenMs, 'timeout', 'did not begin to answer in time');
    void this.#run(body);
  }

  async #run(body: ChatBody): Promise<void> {
    try {
      const { client, limits } = this.#options;
      // Its own timer runs in real time and only until the headers: ours comes first.
      const chunks = await client.stream(body, this.#controller.signal, limits.firstTokenMs + DRAIN_MS);
      for await (const chunk of chunks) this.#take(chunk);
      // An abort ends the loop as the last chunk does; then nobody listens any more.
      if (!this.#finished) this.#subscriber.error(failed('incomplete', 'ended its answer too early'));
    } catch (error) {
      this.#subscriber.error(asFailure(error));
    } finally {
      this.#watch.stop();
    }
  }

  #take(chunk: ChatChunk): void {
    if (this.#subscriber.closed) return;
    const { delta, finish_reason: reason } = choiceOf(chunk);
    for (const text of [delta?.content, delta?.refusal]) if (typeof text === 'string') this.#wrote(text);
    if (typeof reason === 'string' && !this.#isClosed()) this.#finish(reason);
  }

  #wrote(text: string): void {
    if (text === '' || this.#isClosed()) return;
    this.#expectWithin(this.#options.limits.stallMs, 'stalled', 'stopped in the middle of its answer');
    this.#subscriber.next({ type: 'text', text });
  }

  #finish(reason: string): void {
    this.#finished = true;
    this.#subscriber.next({ type: 'finish', reason });
    this.#subscriber.complete();
  }

  /** Whoever is given a word may unsubscribe. */
  #isClosed(): boolean {
    return this.#subscriber.closed;
  }

  #leave(): void {
    this.#watch.stop();
    if (!this.#finished) this.#controller.abort();
    else
      this.#watch.set(DRAIN_MS, () => {
        this.#controller.abort();
      });
  }

  #expectWithin(ms: number, code: string, what: string): void {
    this.#watch.set(ms, () => {
      this.#subscriber.error(failed(code, what));
    });
  }
}

type Choice = ChatChunk['choices'][number];

/** Servers that are only nearly compatible leave out what OpenAI never does. */
function choiceOf(chunk: unknown): Partial<Choice> {
  const { choices } = Object(chunk) as { choices?: unknown };
  return Object(Array.isArray(choices) ? choices[0] : undefined) as Partial<Choice>;
}
