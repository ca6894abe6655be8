import type { AgentEntry, CallerEntry, History } from '../../conversation/history.js';
import type { Turn } from '../../conversation/voice-agent.js';
import { FakeCall, type FakeCallOptions } from './fake-call.js';

/** How long a word is taken to last, ms. */
const MS_PER_WORD = 300;

/** What matters of a turn; the rest is filled in. */
export interface TurnParts {
  /** What the caller says; nothing by default, as without a transcriber. */
  readonly transcript?: string;
  /** How long the caller speaks, ms; by default 300 for each word, and at least 300. */
  readonly durationMs?: number;
  /** What was said before, oldest first, behind what the call remembers already. */
  readonly history?: History;
  /** A call of an earlier turn, or what one is made of. */
  readonly call?: FakeCall | FakeCallOptions;
  /** The agent is asked while the caller pauses: `confirmed` is set, and resolves with {@link TestTurn.confirm}. */
  readonly preemptive?: boolean;
}

/** A turn for a unit test, and what may become of it. */
export interface TestTurn extends Turn {
  readonly call: FakeCall;
  /** The caller interrupts: the signal is aborted. */
  interrupt(): void;
  /** A preemptive turn is over, and was what the agent had been asked with: it resolves `confirmed`. */
  confirm(): void;
}

/** A complete turn, with a call that writes down what is done with it. */
export function turn(parts: TurnParts = {}): TestTurn {
  const { transcript = '', preemptive = false } = parts;
  const call = parts.call instanceof FakeCall ? parts.call : new FakeCall(parts.call);
  const words = transcript.match(/\S+/g)?.length ?? 0;
  const asked = callerSaid(transcript);
  for (const entry of parts.history ?? []) call.remember(entry);
  const history = [...call.history, asked];
  if (!preemptive) call.remember(asked); // the history of the call has no words that are a guess
  const controller = new AbortController();
  let resolve: () => void = () => undefined;
  const confirmed = new Promise<void>((done) => {
    resolve = done;
  });
  let isOpen = preemptive;
  const close = (): boolean => {
    const wasOpen = isOpen;
    isOpen = false;
    return wasOpen;
  };
  return {
    transcript,
    durationMs: parts.durationMs ?? Math.max(1, words) * MS_PER_WORD,
    history,
    call,
    signal: controller.signal,
    ...(preemptive ? { confirmed } : {}),
    interrupt: () => {
      close();
      controller.abort();
    },
    confirm: () => {
      if (!close()) return;
      call.remember(asked);
      resolve();
    },
  };
}

/** An entry of the history: the caller's words. */
export const callerSaid = (text: string): CallerEntry => ({ role: 'caller', text });

/** An entry of the history: something the agent said, heard to its end. */
export const agentSaid = (text: string): AgentEntry => ({
  role: 'agent',
  text,
  unheard: '',
  interrupted: false,
});

/** An entry of the history: something the agent was saying when the caller interrupted. */
export const agentWasCut = (heard: string, unheard: string): AgentEntry => ({
  role: 'agent',
  text: heard,
  unheard,
  interrupted: true,
});
