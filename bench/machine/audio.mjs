import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { lastValueFrom, of, toArray } from 'rxjs';
import { OfflineVoice } from '../../dist/tts/offline/index.js';
import { CACHE } from './folders.mjs';

const CALLER_LINES = ['Wait, stop, hold on.', 'Hold on a moment, please.', 'Stop, please, that is enough.'];
/** Spoken again and again: a reply never ends before the caller interrupts it. */
const AGENT_TEXT =
  'Your order left our house on Monday, it is on its way, and it will reach you by the end of the week. ' +
  'There were four parcels in it, three of which have been delivered to the address you gave us last time.';

/** Speech made once, before anything is measured. */
export async function synthesiseSpeech() {
  const caller = await speak('rms', CALLER_LINES);
  const [agent] = await speak('slt', [AGENT_TEXT]);
  const agentFile = `${CACHE}agent.ulaw`;
  await writeFile(agentFile, agent);
  return { callerLines: caller, agentFile };
}

async function speak(voice, texts) {
  const offline = new OfflineVoice({ voice });
  try {
    const spoken = [];
    for (const text of texts) {
      const chunks = await lastValueFrom(offline.synthesize(of(text)).pipe(toArray()));
      spoken.push(Buffer.concat(chunks.map(({ audio }) => audio)));
    }
    return spoken;
  } finally {
    await offline.close();
  }
}
