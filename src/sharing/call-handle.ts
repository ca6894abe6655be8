import { checkedDigits, checkedTarget, type TransferTarget } from '../call/handover.options.js';
import type { SpeechOutcome } from '../call/voice-call.js';
import type { VoiceOptions } from '../tts/voice.js';
import type { AnswerTo, CallCommand } from './call-commands.js';

/**
 * A call of any instance. What is asked of it does what the method of `VoiceCall` does, at the instance that has its
 * stream, and settles as that does.
 *
 * @throws (rejects) NoSuchCallError at once when no instance has its stream; BusUnavailableError at once when its
 * instance cannot be reached; DeadlineError; what the call throws: an error of another instance as a RemoteError, an
 * InterruptedError as itself
 */
export interface CallHandle {
  readonly callSid: string;
  /**
   * Says something after what is being said. Resolves when it has been played or cut, with what was heard.
   * @param voice how to speak, where it differs from the call's settings
   */
  say(text: string, voice?: VoiceOptions): Promise<SpeechOutcome>;
  /** How to speak from the next utterance on; adds to what was set. */
  speakAs(voice: VoiceOptions): Promise<void>;
  /** Stops talking at once and drops what was to be said. */
  interrupt(): Promise<void>;
  /** Lets what has been said so far be heard, then ends the call. */
  hangUp(): Promise<void>;
  /**
   * Connects the caller with somebody else, once what is being said has been heard.
   * @param to a name of the option `transfers`, or a target
   */
  transfer(to: string | TransferTarget): Promise<void>;
  /**
   * Presses keys, once what is being said has been heard; resolves when the call is back with a new stream.
   * @param keys 1 to 32 of `0-9A-D#*`, `w` (a pause of 0.5 s) and `W` (1 s)
   */
  sendDigits(keys: string): Promise<void>;
}

type Ask = <C extends CallCommand>(command: C) => Promise<AnswerTo<C>>;

/** @param ask of the owner of the call */
export function callHandle(callSid: string, ask: Ask): CallHandle {
  return {
    callSid,
    say: async (text, voice) => {
      if (typeof text !== 'string') throw new TypeError('say: of a call handle, the text must be a string');
      return ask({ type: 'say', text, ...(voice === undefined ? {} : { voice }) });
    },
    speakAs: (voice) => ask({ type: 'speakAs', voice }),
    interrupt: () => ask({ type: 'interrupt' }),
    hangUp: () => ask({ type: 'hangUp' }),
    transfer: async (to) => ask({ type: 'transfer', to: typeof to === 'string' ? to : checkedTarget(to) }),
    sendDigits: async (keys) => ask({ type: 'sendDigits', keys: checkedDigits(keys) }),
  };
}
