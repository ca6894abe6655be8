import { aboutCall, CallLog } from '../../call/call-log.js';
import type { Clock } from '../../call/clock.js';
import { forLog, type Redactor } from '../../call/redactor.js';
import type { VoiceCall } from '../../call/voice-call.js';
import type { HistoryEntry } from '../history.js';
import type { Turn } from '../voice-agent.js';
import { ToolMemory, type ToolRound } from './tool-memory.js';
import type { ToolUseOptions } from './tool-use.options.js';
import { Toolbox } from './toolbox.js';
import { TurnTools } from './turn-tools.js';
import type { VoiceTool } from './voice-tool.js';

/** The tools of an agent, in all its calls. */
export class AgentTools {
  readonly toolbox: Toolbox;
  readonly #clock: Clock;
  readonly #options: ToolUseOptions;
  readonly #redactor: Redactor;
  readonly #log = new CallLog();
  readonly #memories = new WeakMap<VoiceCall, ToolMemory>();

  /** @throws Error that names a wrong tool */
  constructor(tools: readonly VoiceTool[], clock: Clock, options: ToolUseOptions, redactor: Redactor) {
    this.toolbox = new Toolbox(tools);
    this.#clock = clock;
    this.#options = options;
    this.#redactor = redactor;
  }

  begin(turn: Turn): TurnTools {
    const parts = {
      toolbox: this.toolbox,
      memory: this.#memory(turn.call),
      clock: this.#clock,
      options: this.#options,
      threw: (tool: string, error: unknown) => {
        this.#threw(turn.call, tool, error);
      },
    };
    return new TurnTools(parts, turn);
  }

  /** What was called in earlier turns, by the caller's words it followed. */
  earlier({
    call,
    history,
  }: Pick<Turn, 'call' | 'history'>): ReadonlyMap<HistoryEntry, readonly ToolRound[]> {
    const memory = this.#memory(call);
    const caller = history.filter(({ role }) => role === 'caller');
    return new Map(caller.map((entry, index) => [entry, memory.roundsOf(index + 1)]));
  }

  #memory(call: VoiceCall): ToolMemory {
    const known = this.#memories.get(call);
    if (known !== undefined) return known;
    const memory = new ToolMemory();
    this.#memories.set(call, memory);
    return memory;
  }

  /** The message may hold anything, a caller's words included. */
  #threw(call: VoiceCall, tool: string, error: unknown): void {
    const { name, message } = Object(error) as { name?: unknown; message?: unknown };
    const kind = forLog(this.#redactor, typeof name === 'string' ? name : typeof error);
    this.#log.error(aboutCall(call), `tool ${tool} failed: ${kind}`);
    if (call.wasSensitive) return;
    const shown = forLog(this.#redactor, typeof message === 'string' ? message : String(error));
    this.#log.debug(aboutCall(call), `tool ${tool}: ${shown}`);
  }
}
