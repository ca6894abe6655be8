import { describe, expect, it } from '@jest/globals';
import { of } from 'rxjs';
import { scriptedAudio } from './scripted-chunk.js';
import { ScriptedVoice, type VoiceScript } from './scripted-voice.js';
import { VirtualClock } from './virtual-clock.js';

/** A voice that was given these texts to speak. */
async function voiceOf(
  texts: readonly string[],
  script: VoiceScript | ((utterance: number) => VoiceScript) = {},
) {
  const clock = new VirtualClock();
  const voice = new ScriptedVoice(clock, script);
  for (const text of texts) voice.synthesize(of(text)).subscribe();
  await clock.advance(5_000);
  return voice;
}

describe('the words in the audio of a scripted voice', () => {
  const stretches: [string, number, number, string][] = [
    ['all of it', 0, 900, 'One two three.'],
    ['nothing', 0, 0, ''],
    ['less than half of a word', 0, 449, 'One'],
    ['half of a word', 0, 450, 'One two'],
    ['the end without the beginning', 500, 900, 'three.'],
  ];
  it.each(stretches)('are those of which half was played: %s', async (_, fromMs, toMs, words) => {
    const voice = await voiceOf(['One two\n three.']);
    expect(voice.heard(scriptedAudio(1, fromMs, toMs))).toBe(words);
  });

  it('come in the order they were heard in, whatever lies between them', async () => {
    const voice = await voiceOf(['One two.', 'Three.'], (utterance) => ({ msPerWord: utterance * 100 }));
    const silence = new Uint8Array(333).fill(0xff);
    const audio = [scriptedAudio(2, 0, 200), silence, scriptedAudio(1, 0, 100)];
    expect(voice.heard(Buffer.concat(audio))).toBe('Three. One');
  });

  it('are none in audio of anybody else', async () => {
    const voice = await voiceOf(['One two.']);
    expect(voice.heard(new Uint8Array(8_000).fill(0x55))).toBe('');
    expect(voice.heard(scriptedAudio(7, 0, 500))).toBe('');
  });
});
