// From the caller's last sample to the first sample of the answer, at the caller's ear: whole calls with transcription,
// a language model and the ElevenLabs voice, against local servers that take as long as the real ones are said to.
import 'reflect-metadata';
import { mkdirSync, writeFileSync } from 'node:fs';
import { URL } from 'node:url';
import { parseArgs } from 'node:util';
import { Test } from '@nestjs/testing';
import { CLOCK, SystemClock, TwilioVoiceModule } from '../../dist/index.js';
import { OpenAiAgent, openAiAgentOptions } from '../../dist/conversation/openai/index.js';
import { elevenLabsTranscriber, elevenLabsVoice } from '../../dist/elevenlabs.js';
import { ElevenLabsServer, moduleTransport, OpenAiServer, SimulatedCall } from '../../dist/testing/index.js';

const { values } = parseArgs({
  options: { calls: { type: 'string', default: '5' }, turns: { type: 'string', default: '20' } },
});
const CALLS = Number(values.calls);
const TURNS = Number(values.turns);
const SPEECH_MS = 900;
const ANSWER = 'Yes, of course. ';
const NETWORK = { down: { delayMs: 40, jitterMs: 15 }, up: { delayMs: 40, jitterMs: 15 } };

const clock = new SystemClock();
const wait = (ms) => new Promise((resolve) => clock.after(ms, resolve));
const vendor = await ElevenLabsServer.start({
  clock,
  scenario: { firstAudioMs: [150, 150], commitMs: [300, 300] },
});
const model = await OpenAiServer.start({ clock, scenario: { firstTokenMs: [300, 300] } });
model.otherwiseSays(ANSWER);
const account = { apiKey: 'k', baseUrl: vendor.url };
const module = await Test.createTestingModule({
  imports: [
    TwilioVoiceModule.forRoot({
      agent: OpenAiAgent,
      providers: [
        { provide: CLOCK, useValue: clock },
        ...elevenLabsVoice({ ...account, voiceId: 'anna' }),
        ...elevenLabsTranscriber(account),
        ...openAiAgentOptions({ apiKey: 'k', baseUrl: model.url }),
      ],
    }),
  ],
}).compile();
await module.init();

/** ms from the end of each speech to the first sample of its answer. */
async function latencies(index) {
  await wait(index * 331);
  const network = { ...NETWORK, seed: index + 1 };
  const call = new SimulatedCall({ clock, transport: moduleTransport(module), network });
  call.dial('http://127.0.0.1:3000/voice/incoming');
  await call.connected;
  await wait(500);
  const measured = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const { startMs } = call.speak(SPEECH_MS);
    const endMs = startMs + SPEECH_MS;
    let answer;
    while (answer === undefined && clock.now() < endMs + 5_000) {
      await wait(20);
      answer = call.heard.find((stretch) => stretch.startMs > endMs);
    }
    measured.push(answer === undefined ? Infinity : answer.startMs - endMs);
    await wait(1_700);
  }
  call.hangUp();
  return measured;
}

const all = (await Promise.all(Array.from({ length: CALLS }, (_, index) => latencies(index)))).flat();
all.sort((a, b) => a - b);
const at = (share) => Math.round(all[Math.min(all.length - 1, Math.floor(all.length * share))]);
const result = { turns: all.length, p50: at(0.5), p95: at(0.95), worst: at(1) };
console.table({ "caller's last sample to the answer's first, ms": result });
mkdirSync(new URL('../results/', import.meta.url), { recursive: true });
writeFileSync(new URL('../results/turns.json', import.meta.url), JSON.stringify(result, null, 2));
await module.close();
await vendor.close();
await model.close();
