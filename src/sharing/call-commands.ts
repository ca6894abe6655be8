import type { TransferTarget } from '../call/handover.options.js';
import type { SpeechOutcome, VoiceCall } from '../call/voice-call.js';
import type { VoiceOptions } from '../tts/voice.js';

/** What any instance may ask of a call, named as the methods of VoiceCall: plain JSON. */
export type CallCommand =
  | { readonly type: 'say'; readonly text: string; readonly voice?: VoiceOptions }
  | { readonly type: 'speakAs'; readonly voice: VoiceOptions }
  | { readonly type: 'interrupt' }
  | { readonly type: 'hangUp' }
  /** `to`: a name of the option `transfers`, or a target. */
  | { readonly type: 'transfer'; readonly to: string | TransferTarget }
  /** `keys`: 1 to 32 of `0-9A-D#*wW`. */
  | { readonly type: 'sendDigits'; readonly keys: string };

/** What a command resolves to. */
export type AnswerTo<C extends CallCommand> = C['type'] extends 'say' ? SpeechOutcome : undefined;

/** What is heard takes as long as it takes, ms. */
const HEARD_MS = 120_000;
const AT_ONCE_MS = 5_000;
const DEADLINES_MS: Readonly<Record<CallCommand['type'], number>> = {
  say: HEARD_MS,
  speakAs: AT_ONCE_MS,
  interrupt: AT_ONCE_MS,
  hangUp: HEARD_MS,
  transfer: HEARD_MS,
  sendDigits: HEARD_MS,
};

/** How long a command is waited for where nothing else is said, ms. */
export const deadlineOf = ({ type }: CallCommand): number => DEADLINES_MS[type];

/** Whether it may be one of the commands; its fields are for the call to check. */
export const isCommand = (value: unknown): value is CallCommand => {
  const { type } = Object(value) as { type?: unknown };
  return typeof type === 'string' && Object.hasOwn(DEADLINES_MS, type);
};

/**
 * Does as a command says.
 * @throws (rejects) what the call throws
 */
export async function obey(call: VoiceCall, command: CallCommand): Promise<SpeechOutcome | undefined> {
  switch (command.type) {
    case 'say':
      return call.say(command.text, command.voice);
    case 'speakAs':
      call.speakAs(command.voice);
      return undefined;
    case 'interrupt':
      call.interrupt();
      return undefined;
    case 'hangUp':
      await call.hangUp();
      return undefined;
    case 'transfer':
      await call.transfer(command.to);
      return undefined;
    case 'sendDigits':
      await call.sendDigits(command.keys);
      return undefined;
  }
}
