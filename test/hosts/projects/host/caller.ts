import { SystemClock } from 'nestjs-twilio-voice';
import { isAudible, networkTransport, readScript, SimulatedCall } from 'nestjs-twilio-voice/testing';
import type { Report } from './report.js';
import { type Settings, settings } from './settings.js';
import { Visitor } from './visitor.js';

const clock = new SystemClock();
const POLL_MS = 20;
const CONNECT_MS = 15_000;
/** How much of the greeting is listened to before it is interrupted. */
const LISTEN_MS = 1_500;
const SPEAK_MS = 600;
const ANSWER_MS = 8_000;
/** Longer than any pause of the voice. */
const SILENCE_MS = 300;

async function until(what: string, withinMs: number, isTrue: () => boolean): Promise<void> {
  const deadline = clock.now() + withinMs;
  while (!isTrue()) {
    if (clock.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise<void>((resolve) => clock.after(POLL_MS, resolve));
  }
}

/** Calls, listens to the greeting, interrupts it, hears the answer to its end and hangs up. */
async function callUp({ publicUrl, authToken }: Settings, visitor: Visitor): Promise<Report> {
  const lane = { delayMs: 40, jitterMs: 15 };
  const call = new SimulatedCall({
    clock,
    transport: networkTransport(),
    authToken,
    network: { up: lane, down: lane, seed: 1 },
  });
  const before = await visitor.look();
  call.dial(`${publicUrl}/voice/incoming`);
  await until('the stream', CONNECT_MS, () => call.stream?.open === true);
  await until('the greeting', ANSWER_MS, () => isAudible(call.heardBytes()));
  await until('more of it', ANSWER_MS, () => call.heardBytes().length >= LISTEN_MS * 8);
  const during = await visitor.look();
  const { startMs, endMs } = call.speak(SPEAK_MS);
  await until('the end of what the caller says', SPEAK_MS + POLL_MS, () => clock.now() >= endMs);
  // An agent that does not stop is to be reported, not waited for.
  const silentMs = () => call.silentFrom(startMs, SILENCE_MS);
  await until('silence', ANSWER_MS, () => clock.now() - silentMs() >= SILENCE_MS);
  const silentAtMs = silentMs();
  const answerMs = () => firstSoundMs(call, Math.max(endMs, silentAtMs));
  await until('the answer', ANSWER_MS, () => answerMs() !== undefined);
  const answeredAtMs = answerMs() ?? Infinity;
  const isQuiet = () => !isAudible(call.heardAudio(clock.now() - 1_000, clock.now()));
  await until('the end of the answer', ANSWER_MS, () => clock.now() - answeredAtMs > 1_000 && isQuiet());
  const history = JSON.parse(await visitor.get(`calls/${call.callSid}`)) as Report['history'];
  call.hangUp();
  const after = await visitor.look();
  return {
    before,
    during,
    after,
    clears: call.clears.length,
    silentAfterMs: silentAtMs - startMs,
    answeredAfterMs: answeredAtMs - endMs,
    heardMs: heardMs(call.heardBytes()),
    history,
    violations: call.violations.map(({ reason }) => reason),
    unknownPath: await visitor.unknownPath(),
  };
}

function firstSoundMs(call: SimulatedCall, fromMs: number): number | undefined {
  const audio = call.heardAudio(fromMs, clock.now());
  const index = audio.findIndex((byte) => isAudible(Uint8Array.of(byte)));
  return index < 0 ? undefined : fromMs + index / 8;
}

function heardMs(audio: Uint8Array): Record<number, number> {
  const heard: Record<number, number> = {};
  for (const { utterance } of readScript(audio)) heard[utterance] = (heard[utterance] ?? 0) + 1;
  return heard;
}

async function main(): Promise<void> {
  const cell = settings();
  const visitor = await Visitor.of(cell);
  try {
    console.log(JSON.stringify(await callUp(cell, visitor)));
  } finally {
    visitor.close();
  }
}

void main();
