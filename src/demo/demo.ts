import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Subscription } from 'rxjs';
import { SystemClock } from '../call/system-clock.js';
import { networkTransport, SimulatedCall } from '../testing/index.js';
import { notesOf } from './call-notes.js';
import { speakLines, type CallerLine } from './caller-lines.js';
import { startHost, type DemoHost } from './host.js';
import { Lanes } from './lanes.js';
import { LiveDrawing } from './live-drawing.js';
import { measureCall, type SettledAt } from './measures.js';
import { stereoRecording } from '../testing/stereo-recording.js';
import { INTERRUPTIONS, QUESTION, Scenario, type SaidLine } from './scenario.js';
import { summaryLines } from './summary.js';
import { paint, type TerminalStyle } from './terminal-style.js';

const FOLDER = 'demo-output';
const NETWORK = { up: { delayMs: 40, jitterMs: 15 }, down: { delayMs: 40, jitterMs: 15 }, seed: 7 };

export interface DemoOptions {
  readonly withoutClear: boolean;
  readonly style: TerminalStyle;
  readonly write: (line: string) => void;
}

interface CallRecord {
  readonly call: SimulatedCall;
  readonly said: readonly SaidLine[];
  readonly settled: readonly SettledAt[];
  /** ms on the clock. */
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * One demo call from the first line to the recording.
 *
 * @throws Error naming what went wrong, also when the agent did not stop though it should have
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  intro(options).forEach((line) => {
    options.write(line);
  });
  const lines = await speakLines([QUESTION, ...INTERRUPTIONS]);
  const host = await startHost(options.withoutClear);
  try {
    await report(await placeCall(host, lines, options), options);
  } finally {
    await host.close();
  }
}

async function placeCall(
  host: DemoHost,
  lines: readonly CallerLine[],
  { withoutClear, style, write }: DemoOptions,
): Promise<CallRecord> {
  const clock = new SystemClock();
  const call = new SimulatedCall({ clock, transport: networkTransport(), network: NETWORK });
  const startMs = clock.now();
  const drawing = new LiveDrawing(call, clock, new Lanes(style), write);
  const settled: SettledAt[] = [];
  const watching = watch(host, drawing, settled, withoutClear);
  try {
    call.dial(host.incomingUrl);
    const note = drawing.note.bind(drawing);
    const said = await new Scenario(call, clock, note).play(lines);
    return { call, said, settled, startMs, endMs: clock.now() };
  } finally {
    watching.unsubscribe();
    call.hangUp();
    drawing.finish();
  }
}

async function report(record: CallRecord, { withoutClear, style, write }: DemoOptions): Promise<void> {
  const { call, said, settled, startMs, endMs } = record;
  const measures = measureCall(call, said, settled, endMs);
  const file = withoutClear ? 'call-without-clear.wav' : 'call.wav';
  const wavPath = await save(file, stereoRecording(call, startMs, endMs));
  summaryLines(measures, { withoutClear, startMs, wavPath }, style).forEach((line) => {
    write(line);
  });
  const [violation] = call.violations;
  if (violation !== undefined) throw new Error(`Twilio would refuse a message: ${violation.reason}`);
  if (!withoutClear && measures.interruptions.some(({ fellSilent }) => !fellSilent))
    throw new Error('The agent did not stop when it was interrupted');
}

function watch(
  host: DemoHost,
  drawing: LiveDrawing,
  settled: SettledAt[],
  withoutClear: boolean,
): Subscription {
  const watching = host.calls.started$.subscribe(({ events$ }) => {
    watching.add(
      events$.subscribe((event) => {
        if (event.type === 'agent-settled') settled.push({ atMs: event.atMs, account: event.account });
        for (const note of notesOf(event, withoutClear)) drawing.note(note);
      }),
    );
  });
  return watching;
}

async function save(name: string, content: Uint8Array): Promise<string> {
  await mkdir(FOLDER, { recursive: true });
  const path = join(FOLDER, name);
  await writeFile(path, content);
  return path;
}

function intro({ withoutClear, style }: DemoOptions): string[] {
  return [
    withoutClear
      ? paint(style, 'alarm', 'Without clear and without pacing: the agent talks on when it is interrupted.')
      : 'The agent stops the instant the caller speaks.',
    'A real server, a real WebSocket, a speaking caller; network: 40 +-15 ms one way.',
    'Bars: loudness, 25 ms each. held ms: audio waiting at Twilio. marks: come back.',
    '',
  ];
}
