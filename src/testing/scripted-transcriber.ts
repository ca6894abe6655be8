import { Observable } from 'rxjs';
import type { Clock } from '../call/clock.js';
import type { Transcriber, TranscriberOptions, Transcript } from '../listening/transcriber.js';
import { isAudible } from './audibility.js';

/** How a scripted transcriber understands; times in ms. */
export interface TranscriberScript {
  /** What each stretch of speech says; the last is repeated. */
  readonly utterances: readonly string[];
  /** Audible audio per word, 250 by default. */
  readonly msPerWord?: number;
  /** From a word to the partial transcript that has it, 150 by default. */
  readonly partialMs?: number;
  /** From a commit to its final transcript, 300 by default; Infinity: it never comes. */
  readonly finalMs?: number;
  /** Fails after so much audio. */
  readonly failAfterMs?: number;
}

/** A transcriber that needs no words in the audio: how much was said counts, the script says what. */
export class ScriptedTranscriber implements Transcriber {
  readonly name = 'scripted';
  /** Subscriptions that are open. */
  active = 0;
  /** Commits of all calls. */
  commits = 0;

  constructor(
    private readonly clock: Clock,
    private readonly script: TranscriberScript,
  ) {}

  transcribe(audio$: Observable<Uint8Array>, { commit$ }: TranscriberOptions): Observable<Transcript> {
    const {
      utterances,
      msPerWord = 250,
      partialMs = 150,
      finalMs = 300,
      failAfterMs = Infinity,
    } = this.script;
    return new Observable((subscriber) => {
      this.active++;
      let heardMs = 0;
      let voicedMs = 0;
      let utterance = 0;
      const later = (ms: number, transcript: Transcript) => {
        if (ms === Infinity) return;
        subscriber.add(
          this.clock.after(ms, () => {
            subscriber.next(transcript);
          }),
        );
      };
      const words = () => (utterances[Math.min(utterance, utterances.length - 1)] ?? '').split(' ');
      const said = () =>
        words()
          .slice(0, Math.floor(voicedMs / msPerWord))
          .join(' ');
      subscriber.add(
        audio$.subscribe((audio) => {
          const ms = audio.length / 8;
          heardMs += ms;
          if (heardMs > failAfterMs) subscriber.error(new Error('the scripted transcriber fails'));
          if (!isAudible(audio)) return;
          const before = said();
          voicedMs += ms;
          if (said() !== before) later(partialMs, { text: said(), final: false });
        }),
      );
      subscriber.add(
        commit$.subscribe(() => {
          this.commits++;
          const text = voicedMs === 0 ? '' : words().join(' ');
          if (voicedMs > 0) utterance++;
          voicedMs = 0;
          later(finalMs, { text, final: true });
        }),
      );
      return () => {
        this.active--;
      };
    });
  }
}
