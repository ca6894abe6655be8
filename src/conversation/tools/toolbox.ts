import { z } from 'zod';
import type { VoiceTool } from './voice-tool.js';

/** What a model is told of a tool. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What the models' vendors take for a name. */
export const TOOL_NAME = /^[\w-]{1,64}$/;
const MOST_MS = 600_000;
const ASKS_FIRST =
  'The caller is asked to agree before this is done: call it at once, and do not ask the caller yourself.';

/** The tools of an agent, checked once. */
export class Toolbox {
  readonly definitions: readonly ToolDefinition[];
  readonly #tools = new Map<string, VoiceTool>();

  /** @throws Error that names the tool and what is wrong with it */
  constructor(tools: readonly VoiceTool[]) {
    this.definitions = tools.map((tool) => {
      if (this.#tools.has(tool.name)) throw new Error(`Two tools are named ${tool.name}.`);
      this.#tools.set(tool.name, tool);
      return defined(tool);
    });
  }

  find(name: string): VoiceTool | undefined {
    return this.#tools.get(name);
  }
}

function defined(tool: VoiceTool): ToolDefinition {
  const { name, description, confirm } = tool;
  const called: unknown = name; // a host may be careless with types
  const fail = (what: string, cause?: unknown) => {
    throw new Error(`Tool ${String(called)}: ${what}.`, { cause });
  };
  if (typeof called !== 'string' || !TOOL_NAME.test(called))
    fail('name must be 1 to 64 letters, digits, _ and -');
  if (typeof description !== 'string' || description.trim() === '')
    fail('description must tell the model what it does');
  if (typeof tool.run !== 'function') fail('run must be a method');
  for (const option of ['timeoutMs', 'fillerAfterMs'] as const) {
    const value: unknown = tool[option] ?? 1;
    if (typeof value !== 'number' || !(value > 0 && value <= MOST_MS))
      fail(`${option} must be more than 0 and at most ${MOST_MS} ms`);
  }
  if (typeof confirm === 'string' && confirm.trim() === '') fail('confirm must not be an empty question');
  const parameters = schemaOf(tool, fail);
  const asks = confirm === undefined || confirm === false ? '' : ` ${ASKS_FIRST}`;
  return { name, description: `${description}${asks}`, parameters };
}

function schemaOf({ input }: VoiceTool, fail: (what: string, cause?: unknown) => void) {
  let schema: Record<string, unknown> = {};
  try {
    ({ ...schema } = z.toJSONSchema(input, { io: 'input', target: 'draft-7' }));
  } catch (cause) {
    fail('input must be a zod schema (zod 4) that JSON Schema can tell', cause);
  }
  if (schema['type'] !== 'object') fail('input must be an object, such as z.object({ … })');
  delete schema['$schema'];
  return schema;
}
