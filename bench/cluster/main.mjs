// What it costs to interrupt a call that another instance has: from the command to the `clear` that is handed to the
// socket, asked for at the owner and at another process, by turns, on a real Redis; at rest, and while the other process
// sends 1,000 commands a second to the owner's calls. And how long a caller who interrupts still hears the agent then, from
// the PCM at the ear.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath, URL } from 'node:url';
import { parseArgs } from 'node:util';
import { SystemClock } from '../../dist/index.js';
import { networkTransport, SimulatedCall } from '../../dist/testing/index.js';
import { percentile, spread } from '../machine/statistics.mjs';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '6' },
    cuts: { type: 'string', default: '100' },
    rate: { type: 'string', default: '1000' },
  },
});
const [CALLS, ROUNDS, CUTS, RATE] = [values.calls, values.rounds, values.cuts, values.rate].map(Number);
/** So long the agent is heard before it is cut. */
const TALK_MS = 20;
/** Of the caller's words, and until the agent's answer to them is over, ms. */
const [SPEECH_MS, ANSWERED_MS] = [600, 3_000];
/** What is silent for so long is over, ms. */
const SILENCE_MS = 300;

const clock = new SystemClock();
const wait = (ms) => new Promise((resolve) => clock.after(ms, resolve));

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function startRedis() {
  const port = await freePort();
  const own = ['--port', port, '--bind', '127.0.0.1', '--dir', tmpdir(), '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', own, { stdio: 'ignore' });
  server.on('error', () => {
    console.error('This benchmark needs redis-server: apt-get install redis-server');
    process.exit(1);
  });
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = createConnection({ port, host: '127.0.0.1' });
    const isThere = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isThere) return { url: `redis://127.0.0.1:${port}`, stop: () => server.kill('SIGKILL') };
    await wait(25);
  }
  throw new Error('redis-server does not accept connections');
}

async function startInstance(url) {
  const port = await freePort();
  const child = fork(fileURLToPath(new URL('instance.mjs', import.meta.url)), {
    env: { ...process.env, REDIS_URL: url, PORT: String(port) },
  });
  const waiting = new Map();
  child.on('message', ({ id, answer, problem }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (problem === undefined) resolve?.(answer);
    else reject?.(new Error(problem));
  });
  let asked = 0;
  const answer = (id) => new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  const ready = answer('ready');
  child.on('exit', (code) => waiting.get('ready')?.reject(new Error(`the instance ended with ${code}`)));
  await ready;
  return {
    port,
    ask: (task, given = {}) => {
      const id = ++asked;
      child.send({ id, task, ...given });
      return answer(id);
    },
    stop: () => child.disconnect(),
  };
}

const redis = await startRedis();
const [owner, other] = [await startInstance(redis.url), await startInstance(redis.url)];
const callers = [];
for (let index = 0; index < CALLS; index++) {
  const caller = new SimulatedCall({ clock, transport: networkTransport() });
  caller.dial(`http://127.0.0.1:${owner.port}/voice/incoming`);
  await caller.connected;
  callers.push(caller);
}
while ((await other.ask('count')).count < CALLS) await wait(20);
const callSids = callers.map(({ callSid }) => callSid);

const WAYS = {
  "the owner's own code": (callSid) => owner.ask('directly', { callSid }),
  'LiveCalls at the owner': (callSid) => owner.ask('interrupt', { callSid }),
  'LiveCalls at another instance': (callSid) => other.ask('interrupt', { callSid }),
};
const LOADS = { 'at rest': 0, [`${RATE} commands/s`]: RATE };
const figures = new Map();
for (const load of Object.keys(LOADS))
  for (const way of Object.keys(WAYS)) figures.set(`${load}|${way}`, { load, way, clear: [], answer: [] });

/** One cut: the agent speaks, is interrupted, and the owner tells when the clear went out. */
async function cut(way, callSid, { clear, answer }) {
  await owner.ask('talk', { callSid });
  await wait(TALK_MS);
  const before = (await owner.ask('clearOf', { callSid })).clearAt;
  const { askedAt, doneAt } = await WAYS[way](callSid);
  const { clearAt } = await owner.ask('clearOf', { callSid });
  if (clearAt === before) throw new Error('nothing was cleared: the agent did not speak');
  clear.push(clearAt - askedAt);
  answer.push(doneAt - askedAt);
}

const atTheEar = new Map(Object.keys(LOADS).map((load) => [load, []]));
/** Every caller interrupts the agent, at different moments of its frames. */
async function bargeIns(silent) {
  const one = async (caller, index) => {
    await owner.ask('talk', { callSid: caller.callSid });
    await wait(700 + index * 7);
    const { startMs } = caller.speak(SPEECH_MS);
    await wait(SPEECH_MS + ANSWERED_MS);
    silent.push(caller.silentFrom(startMs, SILENCE_MS) - startMs);
    await owner.ask('directly', { callSid: caller.callSid });
  };
  await Promise.all(callers.map(one));
}

const sent = { commands: 0, failed: 0, seconds: 0 };
let turn = 0;
for (const callSid of callSids) await owner.ask('directly', { callSid });
for (let round = 0; round <= ROUNDS; round++) {
  if (round === 1) for (const one of figures.values()) one.clear.length = one.answer.length = 0; // warm now
  if (round === 1) for (const one of atTheEar.values()) one.length = 0;
  console.error(`round ${round} of ${ROUNDS}`);
  for (const [load, perSecond] of Object.entries(LOADS)) {
    const from = clock.now();
    if (perSecond > 0) await other.ask('load', { callSids, perSecond });
    for (let index = 0; index < CUTS; index++)
      for (const way of Object.keys(WAYS))
        await cut(way, callSids[turn++ % CALLS], figures.get(`${load}|${way}`));
    await bargeIns(atTheEar.get(load));
    if (perSecond > 0) {
      const { sent: commands, failed } = await other.ask('rest');
      sent.commands += commands;
      sent.failed += failed;
      sent.seconds += (clock.now() - from) / 1_000;
    }
  }
}

const rows = [...figures.values()].map(({ load, way, clear, answer }) => ({
  load,
  'asked by': way,
  cuts: clear.length,
  'clear p50': percentile(clear, 0.5),
  'clear p99': percentile(clear, 0.99),
  max: percentile(clear, 1),
  'answer p50': percentile(answer, 0.5),
  'answer p99': percentile(answer, 0.99),
}));
const base = (row) => rows.find((one) => one.load === row.load && one['asked by'] === Object.keys(WAYS)[0]);
const shown = rows.map((row) => ({
  ...Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      typeof value === 'number' && key !== 'cuts' ? value.toFixed(2) : value,
    ]),
  ),
  '+ ms at p99': (row['clear p99'] - base(row)['clear p99']).toFixed(2),
  'p50 ratio': (row['clear p50'] / base(row)['clear p50']).toFixed(1),
}));
console.table(shown);
const heard = [...atTheEar].map(([load, silent]) => ({ load, ...spread(silent) }));
console.log("From a caller's first sound to the agent's silence at the ear, ms:");
console.table(heard);
const rate = sent.commands / sent.seconds;
console.log(`load: ${rate.toFixed(0)} commands/s were sent, ${sent.failed} of ${sent.commands} failed`);
mkdirSync(new URL('../results/', import.meta.url), { recursive: true });
writeFileSync(
  new URL('../results/cluster.json', import.meta.url),
  JSON.stringify({ calls: CALLS, rows, heard, load: { ...sent, rate } }, null, 2),
);
for (const caller of callers) caller.hangUp();
await wait(200);
owner.stop();
other.stop();
redis.stop();
process.exit();
