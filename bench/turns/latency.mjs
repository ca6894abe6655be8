// Whole calls with transcription, a language model and the ElevenLabs voice, against local servers that take as long as
// the real ones are said to: what the caller waits for at the ear, and what the record of the call says about it.
import { Test } from '@nestjs/testing';
import { CALL_RECORDS, CLOCK, SystemClock, TwilioVoiceModule } from '../../dist/index.js';
import { OpenAiAgent, openAiAgentOptions } from '../../dist/conversation/openai/index.js';
import { elevenLabsTranscriber, elevenLabsVoice } from '../../dist/elevenlabs.js';
import { ElevenLabsServer, moduleTransport, OpenAiServer, SimulatedCall } from '../../dist/testing/index.js';

const SPEECH_MS = 900;
const ANSWER = 'Yes, of course. ';
const NETWORK = { down: { delayMs: 40, jitterMs: 15 }, up: { delayMs: 40, jitterMs: 15 } };

/**
 * @param {{ calls: number, turns: number, preemptive: 'off' | 'text' | 'voice' }} options
 * @returns {Promise<{ latencies: number[], errors: number[], requests: number }>} ms at the ear of each turn; how far the
 *   record is off it, ms; and what the model was asked
 */
export async function measureLatency({ calls, turns, preemptive }) {
  const clock = new SystemClock();
  const vendor = await ElevenLabsServer.start({
    clock,
    scenario: { firstAudioMs: [150, 150], commitMs: [300, 300] },
  });
  const model = await OpenAiServer.start({ clock, scenario: { firstTokenMs: [300, 300] } });
  model.otherwiseSays(ANSWER);
  const account = { apiKey: 'k', baseUrl: vendor.url };
  const records = new Map();
  const module = await Test.createTestingModule({
    imports: [
      TwilioVoiceModule.forRoot({
        agent: OpenAiAgent,
        conversation: { disclosure: '', preemptive },
        providers: [
          { provide: CLOCK, useValue: clock },
          { provide: CALL_RECORDS, useValue: { store: (record) => records.set(record.callSid, record) } },
          ...elevenLabsVoice({ ...account, voiceId: 'anna' }),
          ...elevenLabsTranscriber(account),
          ...openAiAgentOptions({ apiKey: 'k', baseUrl: model.url }),
        ],
      }),
    ],
  }).compile();
  await module.init();
  const measured = await Promise.all(
    Array.from({ length: calls }, (_, index) => call({ clock, module, turns, index })),
  );
  await module.close(); // every record has been stored
  await vendor.close();
  await model.close();
  const errors = measured.flatMap(({ callSid, latencies }) =>
    latencies.map((ms, turn) => recorded(records.get(callSid), turn) - ms),
  );
  const latencies = measured.flatMap((one) => one.latencies);
  return { latencies, errors, requests: model.journal.length };
}

const recorded = (record, turn) => record?.turns[turn]?.waterfall.heardMs ?? Infinity;

async function call({ clock, module, turns, index }) {
  const wait = (ms) => new Promise((resolve) => clock.after(ms, resolve));
  await wait(index * 331);
  const network = { ...NETWORK, seed: index + 1 };
  const line = new SimulatedCall({ clock, transport: moduleTransport(module), network });
  line.dial('http://127.0.0.1:3000/voice/incoming');
  await line.connected;
  await wait(500);
  const latencies = [];
  for (let turn = 0; turn < turns; turn++) {
    const { startMs } = line.speak(SPEECH_MS);
    const endMs = startMs + SPEECH_MS;
    let answer;
    while (answer === undefined && clock.now() < endMs + 5_000) {
      await wait(20);
      answer = line.heard.find((stretch) => stretch.startMs > endMs);
    }
    latencies.push(answer === undefined ? Infinity : answer.startMs - endMs);
    await wait(1_700);
  }
  line.hangUp();
  await wait(200);
  return { callSid: line.callSid, latencies };
}
