import { lastValueFrom } from 'rxjs';
import type { Call } from './call.js';
import type { Clock } from './clock.js';
import { type DrainOptions, talkMs } from './drain.options.js';
import { within } from './within.js';

/**
 * Lets each call say its sentence to the end and goodbye; resolves when all of them are over.
 * @param cut ends a call that is left when the time for talking is up
 */
export async function drainCalls(
  calls: readonly Call[],
  { graceMs, goodbye }: DrainOptions,
  clock: Clock,
  cut: (call: Call) => void,
): Promise<void> {
  const cutRest = () => {
    for (const call of calls) if (!call.hasEnded) cut(call);
  };
  // While a call is between two streams there is nobody to talk to, and no stream to come.
  for (const call of calls) if (call.isAway) cut(call);
  if (graceMs === 0) {
    cutRest();
    return;
  }
  for (const call of calls) call.drain(goodbye);
  const over = calls.map(({ events$ }) => lastValueFrom(events$, { defaultValue: undefined }));
  await within(
    Promise.all(over).then(() => undefined),
    talkMs(graceMs),
    clock,
    cutRest,
  );
}
