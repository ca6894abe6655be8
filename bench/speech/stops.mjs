/** Shorter silences at the ear are pauses, not stops, ms. */
const STOP_MS = 300;

/** The silences after the first sound: when each began, and when sound came back, ms on the clock. */
function silences(call, untilMs) {
  const { heard } = call;
  return heard.map(({ endMs }, index) => ({ startMs: endMs, endMs: heard[index + 1]?.startMs ?? untilMs }));
}

/** When the agent fell silent for good, ms on the clock; `untilMs` is now. */
export const stops = (call, untilMs) =>
  silences(call, untilMs).filter(({ startMs, endMs }) => endMs - startMs >= STOP_MS);

/** Short gaps in its speech. */
export const pauses = (call, untilMs) =>
  silences(call, untilMs).filter(({ startMs, endMs }) => endMs > startMs && endMs - startMs < STOP_MS);

/** Whether the caller was hearing the agent. */
export const talkingAt = (call, ms) => call.heard.some(({ startMs, endMs }) => startMs <= ms && ms < endMs);
