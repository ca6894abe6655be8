import { Inject, Injectable } from '@nestjs/common';
import { defer, filter, map, Observable, tap } from 'rxjs';
import { VOICE, type SpeechChunk, type Voice, type VoiceOptions } from './voice.js';

/** Text in, audio out: the seam for tests and for other voices. */
@Injectable()
export class TtsService {
  constructor(@Inject(VOICE) private readonly voice: Voice) {}

  /**
   * Speaks the text as it is written. Cold; unsubscribing cancels the synthesis. Chunks of a voice without alignment
   * carry the text that was written before them, so that heard text can be estimated.
   */
  speak(text$: Observable<string>, options?: VoiceOptions): Observable<SpeechChunk> {
    return defer(() => {
      let untold = '';
      const written$ = text$.pipe(
        filter((text) => text !== ''),
        tap((text) => (untold += text)),
      );
      return this.voice.synthesize(written$, options).pipe(
        map((chunk) => {
          if (chunk.alignment !== undefined || chunk.text !== undefined || untold === '') return chunk;
          const text = untold;
          untold = '';
          return { ...chunk, text };
        }),
      );
    });
  }
}
