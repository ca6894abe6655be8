import { performance } from 'node:perf_hooks';
import type { CancelTimer, Clock } from './clock.js';

/** The real clock: monotonic ms from `performance.now()`. */
export class SystemClock implements Clock {
  now(): number {
    return performance.now();
  }

  epoch(): number {
    return Date.now();
  }

  after(delayMs: number, task: () => void): CancelTimer {
    // Node counts whole ms from when its loop last looked: without one more it may be early.
    const timer = setTimeout(task, Math.ceil(Math.max(0, delayMs)) + 1);
    return () => {
      clearTimeout(timer);
    };
  }

  every(periodMs: number, task: () => void): CancelTimer {
    let due = this.now() + periodMs;
    let timer: NodeJS.Timeout;
    const tick = () => {
      due = Math.max(due + periodMs, this.now());
      timer = setTimeout(tick, due - this.now());
      task();
    };
    timer = setTimeout(tick, periodMs);
    return () => {
      clearTimeout(timer);
    };
  }
}
