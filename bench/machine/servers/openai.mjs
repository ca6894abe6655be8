import { createRequire } from 'node:module';
import { PEERS } from '../folders.mjs';
import { listen } from './websocket-server.mjs';

/** OpenAI's Agents SDK with its Twilio transport, wired as its documentation shows. */
export async function start({ modelUrl }) {
  process.env.OPENAI_AGENTS_DISABLE_TRACING = '1';
  const require = createRequire(PEERS);
  const { RealtimeAgent, RealtimeSession } = require('@openai/agents/realtime');
  const { TwilioRealtimeTransportLayer } = require('@openai/agents-extensions');
  const { WebSocketServer } = require('ws');
  const agent = new RealtimeAgent({ name: 'Agent', instructions: 'Talk.' });
  const url = await listen(WebSocketServer, (twilioWebSocket) => {
    const transport = new TwilioRealtimeTransportLayer({ twilioWebSocket });
    const session = new RealtimeSession(agent, { transport, tracingDisabled: true });
    session.on('error', ({ error }) => console.error(error));
    session.connect({ apiKey: 'none', url: modelUrl }).catch((error) => console.error(error));
  });
  return { url };
}
