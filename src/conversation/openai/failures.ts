/** The language model did not answer. Its message holds no word of a caller, an agent or a prompt. */
export class ModelFailedError extends Error {
  override readonly name = 'ModelFailedError';

  /**
   * @param code the server's error code, or ours: `timeout`, `stalled`, `connection`, `incomplete`, `bad_answer`,
   * `empty_answer`, `http_STATUS`
   * @param lasting true when another try with the same account cannot help, as with a wrong key
   */
  constructor(
    message: string,
    readonly code: string,
    readonly lasting = false,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** What to do about errors that another try cannot mend. */
const REMEDIES: readonly { readonly codes: readonly string[]; readonly remedy: string }[] = [
  {
    codes: ['invalid_api_key', 'unauthorized'],
    remedy: 'set OPENAI_API_KEY (option apiKey) to a valid key.',
  },
  { codes: ['insufficient_quota'], remedy: "the account's quota is used up." },
  {
    codes: ['model_not_found', 'not_found'],
    remedy:
      'set OPENAI_MODEL (option model) to a model that this key can use, and OPENAI_BASE_URL (option baseUrl) to a ' +
      'server that has it.',
  },
  { codes: ['forbidden'], remedy: 'the account may not do this.' },
];
const BY_STATUS: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  429: 'rate_limit_exceeded',
};

/** What we found out ourselves. */
export const failed = (code: string, what: string, cause?: unknown): ModelFailedError =>
  new ModelFailedError(
    `The language model ${what}.`,
    code,
    false,
    cause === undefined ? undefined : { cause },
  );

/** Whether the server refused a request, by what the SDK threw: then it costs nothing. */
export const isRefusal = (error: unknown): boolean =>
  typeof (Object(error) as { status?: unknown }).status === 'number';

/** What the SDK threw; of its errors only codes are passed on, as their messages may quote what was said. */
export function asFailure(error: unknown): ModelFailedError {
  if (error instanceof ModelFailedError) return error;
  const { status, code, name, error: body } = Object(error) as Record<string, unknown>;
  if (typeof status === 'number') return refusal(status, code);
  if (body !== undefined) return described(codeOf(code) ?? 'server_error', 'reported', undefined);
  if (name === 'SyntaxError') return failed('bad_answer', 'sent something that cannot be read');
  return failed('connection', 'could not be reached, or broke the connection', error);
}

function refusal(status: number, code: unknown): ModelFailedError {
  const generic = BY_STATUS[status];
  return described(codeOf(code) ?? generic ?? `http_${status}`, `answered ${status}`, generic);
}

function described(code: string, what: string, generic: string | undefined): ModelFailedError {
  const known = [code, generic].map((name) =>
    REMEDIES.find(({ codes }) => name !== undefined && codes.includes(name)),
  );
  const remedy = known.find((found) => found !== undefined)?.remedy;
  const message = `The language model ${what} ${code}`;
  return remedy === undefined
    ? new ModelFailedError(`${message}.`, code)
    : new ModelFailedError(`${message}: ${remedy}`, code, true);
}

const codeOf = (code: unknown): string | undefined =>
  typeof code === 'string' && /^[\w.-]{1,60}$/.test(code) ? code : undefined;
