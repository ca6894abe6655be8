import { OPENAI_FAULT_KINDS } from './faults.js';
import { OpenAiServer } from './openai-server.js';

const DEFAULT_PORT = 3_200;

const port = Number(process.argv[2] ?? process.env['PORT'] ?? DEFAULT_PORT);
const server = await OpenAiServer.start({ port });

process.stdout.write(`OpenAI (local): ${server.url}

Answers by it:    OPENAI_BASE_URL=${server.url} OPENAI_API_KEY=any npm start
Answers that fail: OPENAI_MODEL=fault-KIND or fault-KIND-N (after N tokens):
  ${OPENAI_FAULT_KINDS.join(', ')}
`);

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void server.close();
  });
