// One instance: a Nest application with the real module, which shares its calls through Redis. It is told what to do by
// its parent, and tells when each `clear` was handed to the socket. Times are those of the machine's monotonic clock,
// which all processes have in common.
import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';
import { NestFactory } from '@nestjs/core';
import { Logger } from '@nestjs/common';
import {
  CallRegistry,
  LiveCalls,
  MediaStreamAdapter,
  SystemClock,
  TwilioVoiceModule,
  VOICE,
  VOICE_AGENT,
} from '../../dist/index.js';
import { redisSharing } from '../../dist/redis.js';
import { ScriptedAgent, ScriptedVoice } from '../../dist/testing/index.js';
import { OpenStreams } from '../../dist/twilio/open-streams.js';

const LONG = 'word '.repeat(40);
const { REDIS_URL: url, PORT: port } = process.env;
const now = () => Number(process.hrtime.bigint()) / 1e6;

Logger.overrideLogger(false);
const clock = new SystemClock();
const agent = new ScriptedAgent(clock, ['Yes.'], { greeting: LONG });
const app = await NestFactory.create(
  TwilioVoiceModule.forRoot({
    agent: ScriptedAgent,
    publicUrl: `http://127.0.0.1:${port}`,
    drain: { graceMs: 0 },
    limits: { speechCharacters: Infinity, silenceMs: Infinity, callMs: Infinity, maxStreams: 1_000 },
    conversation: { disclosure: '' },
    providers: [
      { provide: VOICE, useValue: new ScriptedVoice(clock) },
      { provide: ScriptedAgent, useValue: agent },
      { provide: VOICE_AGENT, useValue: agent },
      ...redisSharing({ url }),
    ],
  }),
  { logger: false },
);
MediaStreamAdapter.install(app);
await app.listen(Number(port), '127.0.0.1');
const calls = app.get(LiveCalls, { strict: false });
const registry = app.get(CallRegistry, { strict: false });

/** When the last `clear` of each call was handed to its socket. */
const clears = new Map();
/** Who waits for the next audio of a call. */
const sounding = new Map();
const streams = app.get(OpenStreams, { strict: false });
const open = streams.open.bind(streams);
streams.open = (...socket) => {
  const stream = open(...socket);
  const clear = stream.clear.bind(stream);
  const media = stream.media.bind(stream);
  stream.media = (audio) => {
    media(audio);
    sounding.get(stream.callSid)?.();
  };
  stream.clear = () => {
    clear();
    clears.set(stream.callSid, now());
  };
  return stream;
};

/** A stream of commands at a steady rate; what they take and how many failed. */
const load = { timer: undefined, sent: 0, failed: 0 };
function startLoad(callSids, perSecond) {
  const from = now();
  let next = 0;
  load.timer = setInterval(() => {
    const due = Math.floor(((now() - from) * perSecond) / 1_000);
    for (; next < due; next++) {
      load.sent++;
      const call = calls.of(callSids[next % callSids.length]);
      call.speakAs({ voice: `v${next % 2}` }).catch(() => load.failed++);
    }
  }, 1);
}

const tasks = {
  /** Interrupts a call of any instance. */
  async interrupt({ callSid }) {
    const askedAt = now();
    await calls.of(callSid).interrupt();
    return { askedAt, doneAt: now() };
  },
  /** As code of the agent's own does it, at the owner. */
  directly({ callSid }) {
    const askedAt = now();
    registry.find(callSid).interrupt();
    return { askedAt, doneAt: now() };
  },
  clearOf: ({ callSid }) => ({ clearAt: clears.get(callSid) }),
  /** Resolves when audio of it is under way. */
  async talk({ callSid }) {
    const sounds = new Promise((resolve) => sounding.set(callSid, resolve));
    void registry.find(callSid).say(LONG);
    await sounds;
    sounding.delete(callSid);
    return {};
  },
  load: ({ callSids, perSecond }) => {
    startLoad(callSids, perSecond);
    return {};
  },
  rest: () => {
    clearInterval(load.timer);
    const { sent, failed } = load;
    load.sent = load.failed = 0;
    return { sent, failed };
  },
  count: async () => ({ count: await calls.count() }),
};

process.on('message', async ({ id, task, ...given }) => {
  try {
    process.send({ id, answer: await tasks[task](given) });
  } catch (error) {
    process.send({ id, problem: `${error.name}: ${error.message}` });
  }
});
process.on('disconnect', () => process.exit());
process.send({ id: 'ready' });
