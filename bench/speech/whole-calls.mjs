import { deadline, judge } from './interruptions.mjs';
import { onTheWire, RATE } from './sound.mjs';
import { hash } from './seeds.mjs';
import { stops } from './stops.mjs';

/** Plays a caller's whole track; tells what became of each event, and of stops that belong to none. */
export async function wholeCall(host, { name, background, samples, events }) {
  const { call, startMs } = await host.call({ seed: hash(name), track: onTheWire(samples) });
  await host.clock.advance(samples.length / RATE + 500);
  const now = host.clock.now();
  const found = events.map(({ type, text, ...event }) => {
    const until = startMs + deadline(event.startMs, event.endMs);
    return { type, text, ...judge(call, startMs + event.startMs, until, now) };
  });
  const belongs = (ms) =>
    events.some(
      (event) => ms >= startMs + event.startMs && ms <= startMs + deadline(event.startMs, event.endMs),
    );
  const extra = stops(call, now).filter((stop) => !belongs(stop.startMs));
  await host.hangUp(call);
  return {
    name,
    background,
    events: found,
    extraStopsMs: extra.map((stop) => Math.round(stop.startMs - startMs)),
  };
}
