import type { ValueProvider } from '@nestjs/common';
import { CLOCK, type Clock } from '../call/clock.js';
import { TRANSCRIBER } from '../listening/transcriber.js';
import { type Voice, VOICE } from '../tts/voice.js';
import { ScriptedTranscriber, type TranscriberScript } from './scripted-transcriber.js';
import { ScriptedVoice } from './scripted-voice.js';
import { VirtualClock } from './virtual-clock.js';

/** What takes the place of time, voice, ear and Twilio. */
export interface TwilioVoiceTestingOptions {
  /** Time; by default a {@link VirtualClock}, which stands still until it is advanced. */
  readonly clock?: Clock;
  /** What speaks; by default a {@link ScriptedVoice}. */
  readonly voice?: Voice;
  /** What each stretch of the caller's speech says, the last one again and again; without it turns have no words. */
  readonly callerSays?: readonly string[] | TranscriberScript;
}

/**
 * Providers for tests, with which no vendor, no key and no real time is needed: for the `providers` of
 * `TwilioVoiceModule.forRoot`, or for a testing module of an agent that injects `CLOCK` or `VOICE`.
 */
export function provideTwilioVoiceTesting(options: TwilioVoiceTestingOptions = {}): ValueProvider[] {
  const { clock = new VirtualClock(), callerSays } = options;
  const { voice = new ScriptedVoice(clock) } = options;
  const providers: ValueProvider[] = [
    { provide: CLOCK, useValue: clock },
    { provide: VOICE, useValue: voice },
  ];
  if (callerSays !== undefined)
    providers.push({ provide: TRANSCRIBER, useValue: scriptedTranscriber(clock, callerSays) });
  return providers;
}

function scriptedTranscriber(
  clock: Clock,
  callerSays: readonly string[] | TranscriberScript,
): ScriptedTranscriber {
  const isScript = (script: typeof callerSays): script is TranscriberScript => 'utterances' in script;
  return new ScriptedTranscriber(clock, isScript(callerSays) ? callerSays : { utterances: callerSays });
}
