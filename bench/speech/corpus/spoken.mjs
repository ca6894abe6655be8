import { Buffer } from 'node:buffer';
import { lastValueFrom, of, toArray } from 'rxjs';
import { OfflineVoice } from '../../../dist/tts/offline/index.js';
import { fromTheWire } from '../sound.mjs';

const VOICES = ['rms', 'awb', 'slt', 'kal16'];
const INTERRUPTIONS = [
  'stop',
  'wait',
  'no',
  'yes',
  'hello',
  'hold on',
  'excuse me',
  'no that is not what I meant',
  'can you repeat that please',
];
/** Signs that somebody listens: whether they should stop the agent is a matter of taste. */
const BACKCHANNELS = ['uh huh', 'mm hmm', 'okay', 'yeah', 'right'];

/** Phrases in the offline voice. */
export async function spokenClips() {
  const voice = new OfflineVoice();
  const clips = [];
  for (const speaker of VOICES)
    for (const text of [...INTERRUPTIONS, ...BACKCHANNELS]) {
      const chunks = await lastValueFrom(voice.synthesize(of(text), { voice: speaker }).pipe(toArray()));
      clips.push({
        name: `flite_${speaker}_${text.replace(/ /g, '-')}`,
        speaker: `flite_${speaker}`,
        group: BACKCHANNELS.includes(text) ? 'backchannel' : 'synthetic speech',
        samples: fromTheWire(Buffer.concat(chunks.map(({ audio }) => audio))),
      });
    }
  await voice.close();
  return clips;
}
