/** What the model is told where a tool has no words of its own. */
export const TOLD = {
  done: 'Done.',
  unknownTool: 'There is no such tool.',
  noJson: 'Not done: the arguments are not valid JSON.',
  tooLong: 'Not done: the arguments are too long.',
  tooDeep: 'Not done: the arguments are nested too deeply.',
  tooMany: 'Not done: too many tools at once.',
  afterQuestion: 'Not done: the caller has to answer a question first.',
  ended: 'Not done: the answer ends with another tool.',
  failed: 'The tool failed.',
  untellable: 'The tool ran, but its result cannot be told.',
  timedOut: 'The tool did not finish in time. Whether it had an effect is not known.',
  cancelled: 'Cancelled, because the caller interrupted. Whether it had an effect is not known.',
  running: 'It is still running.',
  asked: (question: string) =>
    `Not done: the caller was asked "${question}" If the caller agrees, call the tool again with the same arguments.`,
  invalid: (problems: string) => `Not done: the arguments are wrong: ${problems}`,
} as const;

const SHORTENED = ' … [shortened]';

/** @returns undefined for what cannot be told, such as a circular object */
export function resultText(value: unknown, mostCharacters: number): string | undefined {
  const text = value === undefined ? TOLD.done : typeof value === 'string' ? value : json(value);
  return text === undefined ? undefined : shortened(text, mostCharacters);
}

/** Cuts between characters, never inside one. */
export function shortened(text: string, mostCharacters: number): string {
  if (text.length <= mostCharacters) return text;
  const end = mostCharacters - SHORTENED.length;
  return `${text.slice(0, end).replace(/[\uD800-\uDBFF]$/, '')}${SHORTENED}`;
}

function json(value: unknown): string | undefined {
  try {
    const text: unknown = JSON.stringify(value);
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
