import { type Observable, tap } from 'rxjs';
import type { CallVoice } from '../tts/call-voice.js';
import type { SpeechChunk, UtteranceVoiceOptions } from '../tts/voice.js';
import type { ConversationLine } from './conversation-line.js';
import { onFirst } from './on-first.js';
import { onLast } from './on-last.js';
import type { Speech } from './speech.js';

/** Fixed text that was perhaps made beforehand. */
export const isPhrase = ({ kind }: Speech): boolean => kind === 'sorry' || kind === 'closing';

/** Gives a text to the voice, counts it, and tells of the first audio of an answer. */
export function delivered(
  text$: Observable<string>,
  speech: Speech,
  voice: CallVoice,
  wanted: Pick<UtteranceVoiceOptions, 'demand' | 'awaited'>,
  line: Pick<ConversationLine, 'spoken' | 'stepped'>,
): Observable<SpeechChunk> {
  const { answer } = speech;
  const counted$ = text$.pipe(
    tap((piece) => {
      line.spoken(piece.length);
    }),
  );
  const how = { ...speech.voice, ...wanted, ...(isPhrase(speech) ? { phrase: true } : {}) };
  const speech$ = voice.speak(counted$, how);
  if (answer === undefined) return speech$;
  const sounds = () => {
    line.stepped({ ...answer, step: 'first-audio' });
  };
  return speech$.pipe(
    onFirst(({ audio }) => audio.length > 0, sounds),
    onLast((how) => {
      line.stepped({ ...answer, step: 'last-audio', ...how });
    }),
  );
}
