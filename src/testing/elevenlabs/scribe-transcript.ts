import type { ScribeQuery } from './scribe-query.js';
import { type ScriptedWords, wordsOf } from './scribe-script.js';

const DEFAULT_LOGPROB = -0.1;
const DEFAULT_LANGUAGE = 'en';

/** Times in s from the first audio of the socket. */
interface TranscriptWord {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly type: 'word' | 'spacing';
  readonly logprob: number;
}

/** What a commit came to. */
export interface ScribeTranscript {
  /** Undefined when nothing was said. */
  readonly utterance: ScriptedWords | undefined;
  readonly text: string;
  /** First and last voice, ms from the first audio of the socket. */
  readonly voice: readonly [fromMs: number, toMs: number];
}

/** `committed_transcript_with_timestamps`, as far as this session asked for its parts. */
export function timedTranscript({ utterance, text, voice }: ScribeTranscript, query: ScribeQuery) {
  const found = utterance?.languageCode ?? query.language_code ?? DEFAULT_LANGUAGE;
  return {
    message_type: 'committed_transcript_with_timestamps',
    text,
    language_code: query.include_language_detection ? found : query.language_code,
    words: query.include_timestamps ? timedWords(text, voice, utterance?.logprob ?? DEFAULT_LOGPROB) : null,
  };
}

/** Words of equal length that fill the voiced stretch, each with a space before the next. */
function timedWords(
  text: string,
  [fromMs, toMs]: readonly [number, number],
  logprob: number,
): TranscriptWord[] {
  const words = wordsOf({ text });
  const timeOf = (place: number) => Math.round(fromMs + ((toMs - fromMs) * place) / words.length) / 1_000;
  return words.flatMap((word, index) => {
    const end = timeOf(index + 1);
    const spoken = { text: word, start: timeOf(index), end, type: 'word', logprob } as const;
    const space = { text: ' ', start: end, end, type: 'spacing', logprob: 0 } as const;
    return index + 1 < words.length ? [spoken, space] : [spoken];
  });
}
