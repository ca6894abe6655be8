import type { CancelTimer, Clock } from '../../call/clock.js';
import type { Random } from '../random.js';
import { alignmentOf, type MessageAlignment } from './alignment.js';
import { BYTES_PER_MS, type GenerationRecord, type Segment } from './generation.js';
import { between, type SpeechScenario } from './scenario.js';

/** A piece of generated speech. */
export interface SpokenMessage extends MessageAlignment {
  readonly audio: Uint8Array;
}

export interface SpeakerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly scenario: SpeechScenario;
  readonly generation: GenerationRecord;
  /** Length of message `index` (from 0) of the generation, bytes. */
  readonly messageBytes: (index: number) => number;
  readonly message: (message: SpokenMessage) => void;
}

interface Job {
  readonly segment: Segment;
  /** When its first message is ready, on the clock. */
  readonly firstMs: number;
  done: () => void;
  atByte: number;
  messages: number;
}

/** Sizes of the scenario's messages, bytes; `add` odd bytes each. */
export function messageSizes({ messageMs }: SpeechScenario, add: readonly number[] = [0]) {
  const sizes = typeof messageMs === 'number' ? [messageMs] : messageMs;
  return (index: number): number =>
    Math.round((sizes[index % sizes.length] as number) * BYTES_PER_MS) + (add[index % add.length] as number);
}

/** Generates the segments of one context or request, one after the other, faster than real time. */
export class Speaker {
  readonly #options: SpeakerOptions;
  readonly #jobs: Job[] = [];
  #freeMs = -Infinity;
  #messages = 0;
  #cancelTimer: CancelTimer | undefined;
  #stopped = false;

  constructor(options: SpeakerOptions) {
    this.#options = options;
  }

  /** Nothing is left to say. */
  get isIdle(): boolean {
    return this.#jobs.length === 0;
  }

  /** @param done all its audio was handed out */
  say(text: string, done: () => void = () => undefined): void {
    if (this.#stopped) return;
    const { clock, random, scenario, generation } = this.#options;
    const segment = generation.append(text);
    const firstMs = Math.max(clock.now() + between(scenario.firstAudioMs, random), this.#freeMs);
    const lengthMs = (segment.toByte - segment.fromByte) / BYTES_PER_MS;
    this.#freeMs = firstMs + lengthMs / scenario.speed;
    this.#jobs.push({ segment, firstMs, done, atByte: segment.fromByte, messages: 0 });
    this.#arm();
  }

  /** Calls `task` once all that is to be said now has been handed out; not when stopped before. */
  whenIdle(task: () => void): void {
    const last = this.#jobs.at(-1);
    if (last === undefined) return;
    const { done } = last;
    last.done = () => {
      done();
      task();
    };
  }

  stop(): void {
    this.#stopped = true;
    this.#jobs.length = 0;
    this.#cancelTimer?.();
  }

  #arm(): void {
    const [job] = this.#jobs;
    if (job === undefined || this.#cancelTimer !== undefined || this.#stopped) return;
    this.#cancelTimer = this.#options.clock.after(this.#dueMs(job) - this.#options.clock.now(), () => {
      this.#cancelTimer = undefined;
      this.#speakDue();
      this.#arm();
    });
  }

  #dueMs({ firstMs, segment, atByte }: Job): number {
    return firstMs + (atByte - segment.fromByte) / BYTES_PER_MS / this.#options.scenario.speed;
  }

  /** A late timer catches up. */
  #speakDue(): void {
    for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
      if (this.#dueMs(job) > this.#options.clock.now() + 1e-6) return;
      this.#speak(job);
    }
  }

  #speak(job: Job): void {
    const { scenario, generation, message } = this.#options;
    const { segment, atByte: fromByte } = job;
    const wanted = Math.min(this.#options.messageBytes(this.#messages++), this.#mostBytes(segment));
    const toByte = Math.min(segment.toByte, fromByte + wanted);
    const index = job.messages++;
    job.atByte = toByte;
    const times = alignmentOf(scenario.alignment, { segment, fromByte, toByte, index });
    message({ audio: generation.take(toByte - fromByte), ...times });
    if (toByte < segment.toByte || this.#stopped) return;
    this.#jobs.shift();
    job.done();
  }

  /** What restarts needs a second message. */
  #mostBytes({ fromByte, toByte }: Segment): number {
    return this.#options.scenario.alignment === 'restarting' ? Math.ceil((toByte - fromByte) / 2) : Infinity;
  }
}
