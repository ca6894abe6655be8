// What the ElevenLabs voice adds: from a clause's last token to its text at the vendor's socket, and from the vendor's
// first audio to the first frame for Twilio, beside a bare `ws` client that does the same and nothing else.
import { Buffer } from 'node:buffer';
import { mkdirSync, writeFileSync } from 'node:fs';
import { URL } from 'node:url';
import { parseArgs } from 'node:util';
import { Subject } from 'rxjs';
import WebSocket from 'ws';
import { SystemClock } from '../../dist/index.js';
import { Playout } from '../../dist/playout/playout.js';
import { ElevenLabsServer } from '../../dist/testing/index.js';
import { ElevenLabsVoice } from '../../dist/tts/elevenlabs/index.js';

const { values } = parseArgs({
  options: { utterances: { type: 'string', default: '400' }, calls: { type: 'string', default: '10' } },
});
const UTTERANCES = Number(values.utterances);
const CALLS = Number(values.calls);
const TOKEN_MS = 20;
const TOKENS = 'Well, that is a good question. Let me see what I can find for you. '.split(/(?<= )/);
/** Each of these completes a clause, the first one early. */
const ENDS = [/question\. $/, /you\. $/];
const PLAYOUT = {
  leadMs: 140,
  markSpacingMs: 80,
  fenceTimeoutMs: 500,
  replyTimeoutMs: 10_000,
  stallTimeoutMs: 3_000,
};

const clock = new SystemClock();
const wait = (ms) => new Promise((resolve) => clock.after(ms, resolve));
const server = await ElevenLabsServer.start({ clock, scenario: { firstAudioMs: [75, 200], speed: 10 } });
const options = { apiKey: 'k', voiceId: 'anna', baseUrl: server.url };
const voice = await ElevenLabsVoice.create(options, clock);

const quiet = { bufferedBytes: 0, mark: () => undefined, clear: () => undefined, close: () => undefined };

/** Writes the tokens of one utterance; tells when the token behind each clause was written. */
async function write(next) {
  const ends = [];
  for (const [index, token] of TOKENS.entries()) {
    next(token);
    // A sentence is over when the next token begins: "3." may go on as "3.5".
    const before = TOKENS.slice(0, index).join('');
    if (ENDS.some((end) => end.test(before) && before.endsWith(TOKENS[index - 1]))) ends.push(clock.now());
    await wait(TOKEN_MS);
  }
  return ends;
}

async function ours(session, id, seen) {
  const text$ = new Subject();
  let frameAt;
  const sink = { ...quiet, media: () => (frameAt ??= clock.now()) };
  const playout = new Playout(clock, sink, PLAYOUT);
  const [way] = session.ways({});
  const subscription = playout
    .play(way.synthesize(text$, { voice: id, demand: () => playout.demand() }))
    .subscribe();
  const from = clock.now();
  const ends = await write((token) => text$.next(token));
  ends.push(clock.now());
  text$.complete();
  await wait(400);
  seen({ from, ends, frameAt });
  subscription.unsubscribe();
  playout.close();
}

/** The least a client can do: a clause is sent with the token that completes it, audio is passed on as it comes. */
async function bare(socket, seen) {
  const id = 'b1';
  let frameAt;
  const listen = (data) => {
    const message = JSON.parse(data);
    if (message.contextId !== id || typeof message.audio !== 'string') return;
    Buffer.from(message.audio, 'base64');
    frameAt ??= clock.now();
  };
  socket.on('message', listen);
  const send = (message) => socket.send(JSON.stringify({ ...message, context_id: id }));
  const from = clock.now();
  send({ text: ' ' });
  let clause = '';
  const ends = await write((token) => {
    if (ENDS.some((end) => end.test(clause))) {
      send({ text: clause, flush: true });
      clause = '';
    }
    clause += token;
  });
  ends.push(clock.now());
  if (clause !== '') send({ text: clause, flush: true });
  send({ close_context: true });
  await wait(400);
  socket.off('message', listen);
  seen({ from, ends, frameAt });
}

/** Joins what the client saw with the server's journal, by time and socket. */
function measure({ from, ends, frameAt }, entries) {
  const texts = entries.filter(
    ({ type, text = '' }) => type === 'message-in' && text.includes('"flush":true'),
  );
  const clauses = ends.map((end) => (texts.find(({ atMs }) => atMs >= end)?.atMs ?? NaN) - end);
  const audio = entries.find(
    ({ type, kind, atMs }) => type === 'message-out' && kind === 'audio' && atMs >= from,
  );
  return { clauses, frame: (frameAt ?? NaN) - (audio?.atMs ?? NaN) };
}

const results = { ours: { clause: [], frame: [] }, bare: { clause: [], frame: [] } };

/** Each call has a voice of its own: the journal tells by it which socket is whose. */
async function round(kind, speak) {
  server.journal.clear();
  const seen = [];
  const calls = Array.from({ length: CALLS }, async (_, call) => {
    await wait(call * 37);
    await speak(`voice-${call}`, (times) => seen.push({ ...times, id: `voice-${call}` }));
  });
  await Promise.all(calls);
  for (const { id, ...times } of seen) {
    const upgrade = server.journal.of('upgrade').find(({ path }) => path.includes(`${id}/`));
    const { clauses, frame } = measure(
      times,
      server.journal.entries.filter(({ socket }) => socket === upgrade.socket),
    );
    results[kind].clause.push(...clauses);
    results[kind].frame.push(frame);
  }
}

const rounds = Math.ceil(UTTERANCES / CALLS);
for (let index = 0; index < rounds + 1; index++) {
  if (index === 1) for (const kind of Object.values(results)) kind.clause.length = kind.frame.length = 0; // warm now
  await round('ours', async (id, seen) => {
    const session = voice.open();
    session.warm({ voice: id });
    await wait(150);
    await ours(session, id, seen);
    session.close();
  });
  await round('bare', async (id, seen) => {
    const query = 'output_format=ulaw_8000&auto_mode=true&sync_alignment=true&model_id=eleven_flash_v2_5';
    const url = `${server.url.replace('http', 'ws')}/v1/text-to-speech/${id}/multi-stream-input?${query}`;
    const socket = new WebSocket(url, { headers: { 'xi-api-key': 'k' } });
    await new Promise((resolve) => socket.once('open', resolve));
    await wait(150);
    await bare(socket, seen);
    socket.close();
  });
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const stats = (list) => {
  const sorted = list.filter(Number.isFinite).sort((a, b) => a - b);
  return { count: sorted.length, p50: at(sorted, 0.5), p99: at(sorted, 0.99), max: sorted.at(-1) };
};
const table = Object.entries(results).flatMap(([client, { clause, frame }]) => [
  { client, what: "clause's last token to its text at the vendor", ...stats(clause) },
  { client, what: "vendor's first audio to the first frame", ...stats(frame) },
]);
console.table(
  table.map((row) => ({ ...row, p50: row.p50.toFixed(2), p99: row.p99.toFixed(2), max: row.max.toFixed(2) })),
);
mkdirSync(new URL('../results/', import.meta.url), { recursive: true });
writeFileSync(
  new URL('../results/voice.json', import.meta.url),
  JSON.stringify({ calls: CALLS, table }, null, 2),
);
await voice.onModuleDestroy();
await server.close();
