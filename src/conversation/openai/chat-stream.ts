import { Observable, type Subscriber } from 'rxjs';
import { Alarm } from '../../call/alarm.js';
import type { Clock } from '../../call/clock.js';
import { asFailure, failed, isRefusal } from './failures.js';
import type { RequestedCall } from '../tools/requested-call.js';
import { type ChatUsage, UsageMeter } from './chat-usage.js';
import type { ChatBody, ChatChunk, ChatClient } from './sdk.js';
import { ToolCallDeltas } from './tool-call-deltas.js';

/** After the finish reason the answer is read to its end, so that its connection can be used again: at most so long. */
const DRAIN_MS = 1_000;

/** What a model writes, in order; tool calls come when they are complete, and the finish comes last. */
export type ChatPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool-calls'; readonly calls: readonly RequestedCall[] }
  | { readonly type: 'finish'; readonly reason: string };

export interface ChatStreamOptions {
  readonly client: ChatClient;
  readonly clock: Clock;
  readonly limits: { readonly firstTokenMs: number; readonly stallMs: number };
  /** Closes the request, and completes the stream without a finish. */
  readonly signal: AbortSignal;
  /** Told once for each request that was not refused, also for one that failed or was closed. */
  readonly used: (usage: ChatUsage) => void;
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
  readonly #toolCalls = new ToolCallDeltas();
  #usage: UsageMeter | undefined;
  #finished = false;

  constructor(subscriber: Subscriber<ChatPart>, options: ChatStreamOptions) {
    this.#subscriber = subscriber;
    this.#options = options;
    this.#watch = new Alarm(options.clock);
  }

  start(body: ChatBody): void {
    const { signal, limits, used } = this.#options;
    this.#usage = new UsageMeter(body, used);
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
      if (isRefusal(error)) this.#usage?.refused();
      this.#subscriber.error(asFailure(error));
    } finally {
      this.#watch.stop();
      this.#usage?.over();
    }
  }

  #take(chunk: ChatChunk): void {
    this.#usage?.told(chunk); // comes after the finish
    if (this.#subscriber.closed) return;
    const { delta, finish_reason: reason } = choiceOf(chunk);
    for (const text of [delta?.content, delta?.refusal]) if (typeof text === 'string') this.#wrote(text);
    if (delta?.tool_calls !== undefined) this.#called(delta.tool_calls);
    if (typeof reason === 'string' && !this.#isClosed()) this.#finish(reason);
  }

  #wrote(text: string): void {
    if (text === '' || this.#isClosed()) return;
    this.#expectMore(text);
    this.#subscriber.next({ type: 'text', text });
  }

  #called(deltas: unknown): void {
    if (this.#isClosed()) return;
    this.#expectMore(this.#toolCalls.add(deltas));
  }

  #expectMore(written: string): void {
    this.#usage?.wrote(written);
    this.#expectWithin(this.#options.limits.stallMs, 'stalled', 'stopped in the middle of its answer');
  }

  #finish(reason: string): void {
    this.#finished = true;
    const calls = this.#toolCalls.complete;
    // Of an answer that was cut short, the last call is only the beginning of one.
    const isWhole = reason !== 'length' && reason !== 'content_filter';
    if (isWhole && calls.length > 0) this.#subscriber.next({ type: 'tool-calls', calls });
    this.#subscriber.next({ type: 'finish', reason });
    this.#subscriber.complete();
  }

  /** Whoever is given a word may unsubscribe. */
  #isClosed(): boolean {
    return this.#subscriber.closed;
  }

  #leave(): void {
    this.#watch.stop();
    if (!this.#finished) {
      this.#usage?.over(); // at once: the call may be over next
      this.#controller.abort();
    } else
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
