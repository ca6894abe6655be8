import { Alarm } from '../../call/alarm.js';
import { inScope } from '../../call/call-scope.js';
import type { Clock } from '../../call/clock.js';
import { InterruptedError } from '../../call/interrupted-error.js';
import type { VoiceCall } from '../../call/voice-call.js';
import { resultText, shortened, TOLD } from './tool-result.js';
import { ToolError, type VoiceTool } from './voice-tool.js';

const TIMEOUT_MS = 15_000;

/** How a run ended, and what the model is told of it. */
export interface ToolOutcome {
  readonly state: 'succeeded' | 'failed' | 'cancelled';
  readonly text: string;
}

export interface ToolRunOptions {
  /** Tells the calls of a tool apart. */
  readonly id: string;
  readonly call: VoiceCall;
  readonly transcript: string;
  readonly clock: Clock;
  readonly resultCharacters: number;
  /** The tool threw something that nobody is told of. */
  readonly threw: (tool: string, error: unknown) => void;
}

/** One run of a tool, from its beginning to exactly one outcome, whatever the tool does. */
export class ToolRun {
  readonly done: Promise<ToolOutcome>;
  readonly tool: VoiceTool;
  readonly #options: ToolRunOptions;
  readonly #controller = new AbortController();
  readonly #deadline: Alarm;
  readonly #startedAt: number;
  #outcome: ToolOutcome | undefined;
  #resolve: (outcome: ToolOutcome) => void = () => undefined;

  /** Starts it at once. @param input as the tool's schema parsed it */
  constructor(tool: VoiceTool, input: unknown, options: ToolRunOptions) {
    this.tool = tool;
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#deadline = new Alarm(options.clock);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#report('started');
    this.#deadline.set(tool.timeoutMs ?? TIMEOUT_MS, () => {
      this.#settle({ state: 'failed', text: TOLD.timedOut });
      this.#abort();
    });
    void this.#run(input);
  }

  get outcome(): ToolOutcome | undefined {
    return this.#outcome;
  }

  /** The caller interrupts. */
  interrupt(): void {
    if (this.tool.onInterrupt === 'finish' || this.#outcome !== undefined) return;
    this.#settle({ state: 'cancelled', text: TOLD.cancelled });
    this.#abort();
  }

  #abort(): void {
    const { id, call } = this.#options;
    inScope({ call, tool: id }, () => {
      this.#controller.abort();
    });
  }

  async #run(input: unknown): Promise<void> {
    const { id, call, transcript, resultCharacters } = this.#options;
    try {
      const { signal } = this.#controller;
      const result: unknown = await inScope({ call, tool: id }, () =>
        this.tool.run(input, { call, transcript, signal }),
      );
      const text = resultText(result, resultCharacters);
      this.#settle({ state: 'succeeded', text: text ?? TOLD.untellable });
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (this.#outcome !== undefined) return;
    if (error instanceof InterruptedError) this.#settle({ state: 'cancelled', text: error.message });
    else if (error instanceof ToolError)
      this.#settle({ state: 'failed', text: shortened(error.message, this.#options.resultCharacters) });
    else {
      this.#options.threw(this.tool.name, error);
      this.#settle({ state: 'failed', text: TOLD.failed });
    }
  }

  #settle(outcome: ToolOutcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#deadline.stop();
    this.#report(outcome.state);
    this.#resolve(outcome);
  }

  #report(state: 'started' | ToolOutcome['state']): void {
    const { id, call, clock } = this.#options;
    const over = state === 'started' ? {} : { durationMs: clock.now() - this.#startedAt };
    call.report({ type: 'tool', tool: { id, name: this.tool.name, state, ...over } });
  }
}
