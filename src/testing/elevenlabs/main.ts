import { ElevenLabsServer } from './elevenlabs-server.js';
import { FAULT_KINDS } from './faults.js';

const DEFAULT_PORT = 3_100;

const port = Number(process.argv[2] ?? process.env['PORT'] ?? DEFAULT_PORT);
const server = await ElevenLabsServer.start({ port });
const kinds = Object.entries(FAULT_KINDS).map(([where, names]) => `  ${where.padEnd(8)}${names.join(', ')}`);

process.stdout.write(`ElevenLabs (local): ${server.url}

Speech with it:   ELEVENLABS_BASE_URL=${server.url} ELEVENLABS_API_KEY=any ELEVENLABS_VOICE_ID=any npm start
Speech that fails: ELEVENLABS_VOICE_ID=fault-KIND, fault-PLACE-KIND or either with -N (after N messages):
${kinds.join('\n')}
`);

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void server.close();
  });
