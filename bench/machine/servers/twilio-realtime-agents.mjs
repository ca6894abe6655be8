import { createRequire } from 'node:module';
import { PEERS } from '../folders.mjs';
import { listen } from './websocket-server.mjs';

/** The bridge as its README shows; it listens from the first frame, as the others do. */
export async function start({ modelUrl }) {
  const require = createRequire(PEERS);
  const { Agent, TwilioRealtimeBridge } = require('twilio-realtime-agents');
  const { openaiRealtime } = require('twilio-realtime-agents/openai');
  const { WebSocketServer } = require('ws');
  const bridge = new TwilioRealtimeBridge({
    agent: new Agent({ name: 'Agent', instructions: 'Talk.' }),
    provider: openaiRealtime({ apiKey: 'none', baseUrl: modelUrl }),
    session: { greeting: { mode: 'user-initiates' } },
  });
  const url = await listen(WebSocketServer, (socket) => bridge.handleConnection(socket));
  return { url };
}
