import { describe, expect, it } from '@jest/globals';
import { NEVER, type Observable, of } from 'rxjs';
import type { AnswerStep, VoiceCall } from '../call/voice-call.js';
import { Answers } from './answers.js';
import { replyText } from './reply-text.js';

describe('an answer that was to be asked for while the caller paused', () => {
  it.each<[string, Observable<unknown>, AnswerStep['step'][]]>([
    ['nothing, when it was not asked for yet', NEVER, []],
    ['its beginning and its end, when it was asked for', of(undefined), ['asked', 'last-text', 'discarded']],
  ])('tells %s', (_, settled$, expected) => {
    const steps: AnswerStep['step'][] = [];
    const answers = new Answers({
      call: {} as VoiceCall,
      agent: { preemptive: true, reply: () => NEVER },
      options: { preemptive: 'text', preemptiveAttempts: 3 },
      history: [],
      settled$,
      text: replyText,
      voice: () => NEVER,
      demand: () => Promise.resolve(),
      stepped: ({ step }) => steps.push(step),
    });
    answers.guess({ transcript: 'yes', durationMs: 500, lastSampleAtMs: 100 });
    answers.guess(undefined);
    expect(steps).toEqual(expected);
  });
});
