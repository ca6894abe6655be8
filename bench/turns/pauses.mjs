// How often a caller who only pauses for 700 ms is answered: people's speech, cut in two, in virtual time.
import { Test } from '@nestjs/testing';
import { CallRegistry, CLOCK, TRANSCRIBER, TwilioVoiceModule, VOICE, VOICE_AGENT } from '../../dist/index.js';
import {
  moduleTransport,
  ScriptedAgent,
  ScriptedTranscriber,
  ScriptedVoice,
  SimulatedCall,
  VirtualClock,
} from '../../dist/testing/index.js';
import { defaultCorpus } from '../speech/corpus/default.mjs';
import { hash, randomOf, sample } from '../speech/seeds.mjs';
import { joined, onTheWire, RATE } from '../speech/sound.mjs';

const PAUSE_MS = 700;
/** The louder background of a telephone line, so that a pause is no digital silence, dBFS. */
const LINE_NOISE_DB = -65;
const WAY = { delayMs: 40, jitterMs: 15 };
/** Shorter speech is a cough, ms. */
const LEAST_MS = 300;

/**
 * @param most pauses to try
 * @returns {Promise<{ pauses: number, turnsInside: number, answersInside: number }>} how many there were, in how many the
 *   turn was taken for over, and in how many the caller heard an answer begin
 */
export async function answeredPauses(most) {
  const { speech } = await defaultCorpus();
  const whole = speech.filter(({ segments }) => lengthOf(segments) >= LEAST_MS);
  const clips = sample(whole, most, 'pauses');
  const host = await boot();
  const found = { pauses: 0, turnsInside: 0, answersInside: 0 };
  for (const [index, clip] of clips.entries()) {
    const { turn, answer } = await answeredInside(host, clip, clips[(index + 1) % clips.length]);
    found.pauses++;
    if (turn) found.turnsInside++;
    if (answer) found.answersInside++;
  }
  await host.module.close();
  return found;
}

const lengthOf = (segments) => segments.at(-1).endMs - segments[0].startMs;

const spoken = ({ samples, segments }) =>
  samples.subarray(segments[0].startMs * RATE, segments.at(-1).endMs * RATE);

function lineNoise(random) {
  const amplitude = 10 ** (LINE_NOISE_DB / 20) * 32_768 * Math.sqrt(3);
  return Float32Array.from({ length: PAUSE_MS * RATE }, () => (random() * 2 - 1) * amplitude);
}

async function answeredInside({ clock, module, turns }, first, second) {
  const name = `${first.name} ${second.name}`;
  const [before, after] = [spoken(first), spoken(second)];
  const transport = moduleTransport(module);
  const call = new SimulatedCall({ clock, transport, network: { up: WAY, down: WAY, seed: hash(name) } });
  call.dial('http://127.0.0.1:3000/voice/incoming');
  await clock.advance(1_000);
  turns.length = 0;
  const { startMs } = call.say(onTheWire(joined([before, lineNoise(randomOf(name)), after])));
  const pauseMs = startMs + before.length / RATE;
  const resumedMs = pauseMs + PAUSE_MS;
  const endMs = resumedMs + after.length / RATE;
  await clock.advance(endMs + 2_500 - clock.now());
  call.hangUp();
  await clock.advance(200);
  return {
    turn: turns.some((ms) => ms >= pauseMs && ms < resumedMs + WAY.delayMs),
    answer: call.heard.some((stretch) => stretch.startMs >= pauseMs && stretch.startMs < endMs),
  };
}

async function boot() {
  const clock = new VirtualClock();
  const turns = [];
  const agent = new ScriptedAgent(clock, [{ tokens: 'Yes, of course.', firstTokenDelayMs: 300 }], {
    preemptive: true,
  });
  const module = await Test.createTestingModule({
    imports: [
      TwilioVoiceModule.forRoot({
        agent: ScriptedAgent,
        conversation: { disclosure: '' },
        providers: [
          { provide: CLOCK, useValue: clock },
          { provide: VOICE, useValue: new ScriptedVoice(clock, { firstChunkDelayMs: 150 }) },
          {
            provide: TRANSCRIBER,
            useValue: new ScriptedTranscriber(clock, { utterances: ['a few words'], finalMs: 300 }),
          },
          { provide: ScriptedAgent, useValue: agent },
          { provide: VOICE_AGENT, useValue: agent },
        ],
      }),
    ],
  })
    .setLogger(false)
    .compile();
  await module.init();
  module.get(CallRegistry).started$.subscribe((call) =>
    call.events$.subscribe(({ type, atMs }) => {
      if (type === 'turn') turns.push(atMs);
    }),
  );
  return { clock, module, turns };
}
