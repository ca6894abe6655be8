import { shortened, TOLD } from './tool-result.js';
import { TOOL_NAME, type Toolbox } from './toolbox.js';
import type { VoiceTool } from './voice-tool.js';

/** What a model asks for, as it wrote it: none of it is to be trusted. */
export interface RequestedCall {
  readonly name: string;
  /** JSON, if all is well. */
  readonly arguments: string;
}

/** The longest arguments that are read, characters. */
const MOST_ARGUMENTS = 20_000;
/** Deeper than any tool needs: whatever reads it calls itself for each level. */
const MOST_LEVELS = 64;
const MOST_PROBLEMS = 500;
const NO_NAME = 'unknown';

/** A call with a name and arguments that can be told, whatever the model wrote. */
export type CheckedCall = { readonly name: string; readonly arguments: string } & (
  { readonly refused: string } | { readonly tool: VoiceTool; readonly input: unknown }
);

/** @param mostCharacters of what the model is told about wrong arguments */
export async function checkedCall(
  call: RequestedCall,
  toolbox: Toolbox,
  mostCharacters: number,
): Promise<CheckedCall> {
  const name = callableName(call.name);
  const refused = (why: string, text = '{}'): CheckedCall => ({ name, arguments: text, refused: why });
  if (call.arguments.length > MOST_ARGUMENTS) return refused(TOLD.tooLong);
  const value = parsed(call.arguments);
  if (value === undefined) return refused(TOLD.noJson);
  if (isDeeper(value, MOST_LEVELS)) return refused(TOLD.tooDeep);
  const text = JSON.stringify(value);
  const tool = toolbox.find(call.name);
  if (tool === undefined) return refused(TOLD.unknownTool, text);
  try {
    const result = await tool.input.safeParseAsync(value);
    if (result.success) return { name, arguments: text, tool, input: result.data };
    const problems = result.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    );
    const most = Math.min(MOST_PROBLEMS, mostCharacters);
    return refused(TOLD.invalid(shortened(problems.join('; '), most)), text);
  } catch {
    return refused(TOLD.failed, text); // a schema's own code threw
  }
}

/** What a tool is called where the model's own word for it cannot be told. */
export const callableName = (name: string): string => (TOOL_NAME.test(name) ? name : NO_NAME);

/** Models leave out the arguments of a tool that needs none. */
function parsed(text: string): object | undefined {
  try {
    const value: unknown = text.trim() === '' ? {} : JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
