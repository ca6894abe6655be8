import type { VoiceCall } from '../../call/voice-call.js';
import type { Turn, VoiceAgent } from '../../conversation/voice-agent.js';
import { FakeCall } from './fake-call.js';
import { textOf } from './text-of.js';

/**
 * What an agent answers, as one text: whatever kind of reply it gives, up to where the turn is interrupted. A
 * {@link FakeCall} remembers it as heard, so that its next turn has it in its history; with a preemptive turn, once that
 * is confirmed.
 * @throws (rejects) what the agent throws; TypeError when a piece of its reply is no string
 */
export async function replyOf(agent: Pick<VoiceAgent, 'reply'>, turn: Turn): Promise<string> {
  const { call, confirmed, signal } = turn;
  const said = await textOf(() => agent.reply(turn), signal);
  if (confirmed === undefined) hear(call, said);
  else
    void confirmed.then(() => {
      hear(call, said);
    });
  return said;
}

/**
 * How an agent greets, as one text; empty when it does not. A {@link FakeCall} remembers it as heard.
 * @throws (rejects) as {@link replyOf}
 */
export async function greetingOf(agent: VoiceAgent, call: VoiceCall = new FakeCall()): Promise<string> {
  const said = await textOf(() => agent.onCallStart?.(call) ?? '');
  hear(call, said);
  return said;
}

function hear(call: VoiceCall, text: string): void {
  if (call instanceof FakeCall) call.hear(text);
}
