import { Buffer } from 'node:buffer';
import { lastValueFrom, of, toArray } from 'rxjs';
import { OfflineVoice } from '../../dist/tts/offline/index.js';

/** Speaker of the agent: no caller of the same voice is measured with its echo. */
export const AGENT_SPEAKER = 'flite_rms';

const TEXT = `Thank you for calling. Your order left our house on Monday, and it will be with you on Thursday before
noon. The parcel weighs about two kilograms, and the driver will ring twice. If nobody is at home, he leaves it with a
neighbour, or takes it to the shop around the corner, where it is kept for seven days. You can change the day or the
address until eight in the evening on the day before. There is no charge for that. Would you like me to read the items
to you? The first one is a green lamp with a long cable. The second one is a set of six glasses, and the third one is
the book about gardens that you asked for in spring. Everything together comes to eighty four dollars and thirty cents,
which has been paid already. I can send the bill once more by mail, or tell you how to return what you do not need.`;

/** About a minute of real speech, mu-law: an echo must sound like a voice. */
export async function agentSpeech() {
  const voice = new OfflineVoice({ voice: 'rms' });
  const chunks = await lastValueFrom(voice.synthesize(of(TEXT.replace(/\n/g, ' '))).pipe(toArray()));
  await voice.close();
  return Uint8Array.from(Buffer.concat(chunks.map(({ audio }) => audio)));
}
