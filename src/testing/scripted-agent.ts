import type { CancelTimer, Clock } from '../call/clock.js';
import type { VoiceCall } from '../call/voice-call.js';
import type { Reply } from '../conversation/reply.js';
import type { Turn, VoiceAgent } from '../conversation/voice-agent.js';

/** A reply that is written word by word, and may go wrong. */
export interface ScriptedTokens {
  readonly tokens: string | readonly string[];
  /** From the turn to the first token, ms; 0 by default. */
  readonly firstTokenDelayMs?: number;
  /** Between tokens, ms; 0 by default. */
  readonly tokenDelayMs?: number;
  /** What happens after the last token instead of an end. */
  readonly then?: 'throws' | 'never';
}

/** What a scripted agent does in one turn. `throws` fails at once, `never` does not answer, `empty` says nothing. */
export type ScriptedReply =
  { readonly fails: 'throws' | 'never' | 'empty' } | ScriptedTokens | Reply | ((turn: Turn) => Reply);

/** Of the {@link ScriptedAgent}. */
export interface ScriptedAgentOptions {
  /** Said when the call starts. */
  readonly greeting?: string;
  /** Whether it may be asked before a turn is over; false by default. */
  readonly preemptive?: boolean;
}

/** An agent that answers from a list; the last entry is repeated. */
export class ScriptedAgent implements VoiceAgent {
  readonly preemptive: boolean;
  readonly turns: Turn[] = [];
  /** Which turns (from 0) were aborted, and when, ms on the clock. */
  readonly aborts: { readonly turn: number; readonly atMs: number }[] = [];
  readonly calls: VoiceCall[] = [];
  readonly endedCalls: VoiceCall[] = [];
  readonly digits: string[] = [];
  /** Tokens that were taken from scripted token streams. */
  tokensTaken = 0;
  /** Token streams that are open. */
  openStreams = 0;
  readonly #clock: Clock;
  readonly #replies: readonly ScriptedReply[];
  readonly #greeting: string | undefined;

  constructor(clock: Clock, replies: readonly ScriptedReply[], options: ScriptedAgentOptions = {}) {
    this.#clock = clock;
    this.#replies = replies;
    this.#greeting = options.greeting;
    this.preemptive = options.preemptive ?? false;
  }

  onCallStart(call: VoiceCall): Reply | undefined {
    this.calls.push(call);
    return this.#greeting;
  }

  onDigit(digit: string): void {
    this.digits.push(digit);
  }

  onCallEnd(call: VoiceCall): void {
    this.endedCalls.push(call);
  }

  reply(turn: Turn): Reply {
    const index = this.turns.push(turn) - 1;
    turn.signal.addEventListener('abort', () => {
      this.aborts.push({ turn: index, atMs: this.#clock.now() });
    });
    const scripted = this.#replies[Math.min(index, this.#replies.length - 1)] ?? '';
    if (typeof scripted === 'function') return scripted(turn);
    if (typeof scripted !== 'object') return scripted;
    if ('fails' in scripted) return failing(scripted.fails);
    return 'tokens' in scripted ? this.#write(scripted, turn.signal) : scripted;
  }

  async *#write(script: ScriptedTokens, signal: AbortSignal): AsyncGenerator<string> {
    this.openStreams++;
    try {
      const tokens = typeof script.tokens === 'string' ? script.tokens.split(/(?<=\s)/) : script.tokens;
      let delayMs = script.firstTokenDelayMs ?? 0;
      for (const token of tokens) {
        if (delayMs > 0) await this.#pause(delayMs, signal);
        if (signal.aborted) return;
        this.tokensTaken++;
        yield token;
        delayMs = script.tokenDelayMs ?? 0;
      }
      if (script.then === 'throws') throw new Error('the scripted agent fails');
      if (script.then === 'never') await this.#pause(Infinity, signal);
    } finally {
      this.openStreams--;
    }
  }

  /** Waits, but not beyond an abort. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      let cancel: CancelTimer = () => undefined;
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      if (ms !== Infinity) cancel = this.#clock.after(ms, done);
    });
  }
}

function failing(how: 'throws' | 'never' | 'empty'): Reply {
  if (how === 'throws') throw new Error('the scripted agent fails');
  return how === 'never' ? new Promise<string>(() => undefined) : '';
}
