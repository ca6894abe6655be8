/** How loud the caller's microphone hears the agent, and how late. */
export const ECHO_DB = -20;
export const ECHO_DELAYS_MS = [30, 60, 90, 120, 170, 250];
/** Talking without a caller, for each delay. */
export const ECHO_MINUTES = 5;

/** @returns one echo path for each delay; undefined is the line without echo, for comparison */
export const echoPaths = (share) =>
  ECHO_DELAYS_MS.filter((_, index) => share === 1 || index % 3 === 1).map((delayMs) => ({
    gainDb: ECHO_DB,
    delayMs,
  }));
