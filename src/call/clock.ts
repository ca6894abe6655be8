/** Stops a timer; calling it again does nothing. */
export type CancelTimer = () => void;

/**
 * The only source of time in the core. The system clock drives production; the virtual clock in `./testing`
 * makes tests exact.
 */
export interface Clock {
  /** Monotonic time in ms, with fractions; its zero is arbitrary. */
  now(): number;
  /** Wall-clock time in ms since the Unix epoch: for expiry dates that other processes read, never for intervals. */
  epoch(): number;
  /** Calls `task` once, `delayMs` from now (never synchronously). */
  after(delayMs: number, task: () => void): CancelTimer;
  /** Calls `task` each `periodMs`, on an absolute schedule that does not drift. */
  every(periodMs: number, task: () => void): CancelTimer;
}

/** DI token of the {@link Clock}. */
export const CLOCK = Symbol('CLOCK');
