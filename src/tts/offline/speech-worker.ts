import { Worker } from 'node:worker_threads';
import { Observable, type Subscriber } from 'rxjs';
import type { SpokenClause } from './clause-speaker.js';
import type { ClauseAnswer, ClauseRequest, WorkerSettings } from './worker-protocol.js';

interface Job {
  readonly request: ClauseRequest;
  readonly subscriber: Subscriber<SpokenClause>;
}

// Threads do not get Jest's transform: from TypeScript sources (tests) the compiled worker is used.
const WORKER_FILE = import.meta.url.endsWith('.ts')
  ? new URL('../../../dist/tts/offline/offline-voice.worker.js', import.meta.url)
  : new URL('./offline-voice.worker.js', import.meta.url);

const messageOf = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason));

/** The synthesis thread and the queue before it: one job at a time, in the order they came. */
export class SpeechWorker {
  #worker: Worker | undefined;
  #queue: Job[] = [];
  #current: Job | undefined;

  constructor(private readonly settings: () => WorkerSettings) {}

  /** Starts the thread if none runs, so that it loads while the text is still on its way. */
  start(): void {
    this.#worker ??= this.#launch();
  }

  /** Speaks a clause; unsubscribing takes the job from the queue, or lets its result go when already begun. */
  speak(request: ClauseRequest): Observable<SpokenClause> {
    return new Observable((subscriber) => {
      const job = { request, subscriber };
      this.#queue.push(job);
      this.#next();
      return () => {
        this.#queue = this.#queue.filter((other) => other !== job);
      };
    });
  }

  /** Ends the thread; jobs not done yet fail. A later use starts a new thread. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#fail(new Error('The offline voice was closed'));
    await worker?.terminate();
  }

  #launch(): Worker {
    const worker = new Worker(WORKER_FILE, { workerData: this.settings() });
    const whenCurrent = (task: () => void) => {
      if (this.#worker === worker) task();
    };
    worker.on('message', (answer: ClauseAnswer) => {
      whenCurrent(() => {
        this.#finish(answer);
      });
    });
    worker.on('error', (reason) => {
      whenCurrent(() => {
        this.#fail(new Error(`The offline voice stopped: ${messageOf(reason)}`, { cause: reason }));
      });
    });
    worker.on('exit', (code) => {
      whenCurrent(() => {
        this.#fail(new Error(`The offline voice stopped with exit code ${code}`));
      });
    });
    worker.unref();
    return worker;
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const job = this.#queue.shift();
    if (job === undefined) return;
    try {
      this.start();
    } catch (reason) {
      job.subscriber.error(reason);
      return;
    }
    this.#current = job;
    // Only work keeps the process alive.
    this.#worker?.ref();
    this.#worker?.postMessage(job.request);
  }

  #finish(answer: ClauseAnswer): void {
    const job = this.#current;
    this.#current = undefined;
    this.#worker?.unref();
    // The queue moves first: the job's subscriber may add the next clause at once, behind those of others.
    this.#next();
    if ('error' in answer) job?.subscriber.error(new Error(`The offline voice failed: ${answer.error}`));
    else {
      job?.subscriber.next(answer.clause);
      job?.subscriber.complete();
    }
  }

  #fail(reason: Error): void {
    const jobs = this.#current === undefined ? this.#queue : [this.#current, ...this.#queue];
    this.#worker = undefined;
    this.#current = undefined;
    this.#queue = [];
    for (const { subscriber } of jobs) subscriber.error(reason);
  }
}
