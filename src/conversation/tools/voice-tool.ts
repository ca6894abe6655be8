import { SetMetadata, type Type } from '@nestjs/common';
import type { z } from 'zod';
import type { VoiceCall } from '../../call/voice-call.js';
import type { VoiceAgent } from '../voice-agent.js';

/** What a tool is given besides its input. */
export interface ToolContext {
  readonly call: VoiceCall;
  /** What the caller said in this turn. */
  readonly transcript: string;
  /** Aborted when the run is given up: the caller interrupted a tool that is to be cancelled, or it took too long. */
  readonly signal: AbortSignal;
}

/** Makes the question from the input. A method's type: tools of any input are tools. */
export type ConfirmQuestion<Input> = { ask(input: Input): string }['ask'];

/**
 * Something the agent's model may ask to have done. A provider of Nest, one instance for all calls. Whatever goes wrong
 * in it is told to the model in neutral words, and harms neither the turn nor the call.
 */
export interface VoiceTool<Input = unknown> {
  /** What the model calls it: 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** Tells the model what it does, and when to use it. */
  readonly description: string;
  /** An object; what the model sends is parsed by it before anything is done. */
  readonly input: z.ZodType<Input>;
  /**
   * When the caller interrupts: `cancel` (default) aborts the signal and drops the result, `finish` lets it run on, and
   * the model is told the outcome in the next turn.
   */
  readonly onInterrupt?: 'cancel' | 'finish';
  /**
   * The caller is asked first, with this question; `true` asks the general one of the agent's options. The tool runs only
   * if the caller heard the question, agreed in the very next turn, and the model then asks for the same once more.
   */
  readonly confirm?: boolean | string | ConfirmQuestion<Input>;
  /** Longest run, ms; 15000 by default. */
  readonly timeoutMs?: number;
  /** Silence after which the filler is spoken while it runs, ms; 700 by default. */
  readonly fillerAfterMs?: number;
  /** Spoken while it runs; default: that of the agent's options; empty: nothing. */
  readonly filler?: string;
  /**
   * The answer ends here: what was said before is heard while `run` goes on, and the model is not asked again in this
   * turn. For tools that wait until nothing is being said, such as hanging up.
   */
  readonly endsAnswer?: boolean;
  /**
   * Does it. What it returns is told to the model: a text as it is, anything else as JSON.
   * @throws ToolError to tell the model why not; of any other error the model learns only that there was one
   */
  run(input: Input, context: ToolContext): unknown;
}

/** Why a tool did not do it, in words for the model. They are not logged. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** DI token of the {@link VoiceTool}s that the agent's model may use. */
export const VOICE_TOOLS = Symbol('VOICE_TOOLS');

/** Key of the metadata on a class, {@link VoiceToolOptions}, or on a method, {@link MethodToolOptions}. */
export const VOICE_TOOL = Symbol('VOICE_TOOL');

/** Who may use a tool. */
export interface VoiceToolOptions {
  /** Classes of the agents it is offered to, and none else; default: all. */
  readonly agents?: readonly Type<VoiceAgent>[];
}

/** A tool that is a method. */
export interface MethodToolOptions<Schema extends z.ZodType = z.ZodType>
  extends VoiceToolOptions, Omit<VoiceTool<z.output<Schema>>, 'name' | 'input' | 'run'> {
  /** What the model calls it; default: the method's name. */
  readonly name?: string;
  /** An object; what the model sends is parsed by it before the method is called. */
  readonly input: Schema;
}

/**
 * Makes a provider of any module a tool that agents are offered: a class that implements {@link VoiceTool}, or a method,
 * which is called with the parsed input and a {@link ToolContext}.
 * @throws TypeError on a static method, on one whose name is a symbol, and when `agents` holds something else than classes
 */
export function VoiceTool<Schema extends z.ZodType>(
  options: MethodToolOptions<Schema>,
): <Method extends (input: z.output<Schema>, context: ToolContext) => unknown>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;
export function VoiceTool(options?: VoiceToolOptions): (target: Type<VoiceTool>) => void;
export function VoiceTool(options: VoiceToolOptions | MethodToolOptions = {}) {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    const isMethod = key !== undefined;
    const { name } = (typeof target === 'function' ? target : target.constructor) as { name: string };
    const fail = (what: string) => {
      throw new TypeError(`@VoiceTool ${isMethod ? `${name}.${String(key)}` : name}: ${what}`);
    };
    if (isMethod && (typeof target === 'function' || typeof key === 'symbol' || descriptor === undefined))
      fail('must be a class, or a method of instances with a name');
    const { agents = [] } = options as { agents?: unknown };
    if (!Array.isArray(agents) || agents.some((agent) => typeof agent !== 'function'))
      fail('agents must be classes of agents; undefined is one whose file imports this one');
    if (isMethod && !('input' in options))
      fail(
        'a method needs at least a description and an input, { description: "…", input: z.object({ … }) }',
      );
    if (descriptor === undefined) SetMetadata(VOICE_TOOL, options)(target as Type);
    else SetMetadata(VOICE_TOOL, options)(target, key as string, descriptor);
  };
}
