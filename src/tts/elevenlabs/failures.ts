import { SpeechFailedError } from '../voice.js';

/** What to do about errors that another try cannot mend. */
const REMEDIES: readonly {
  readonly codes: readonly string[];
  readonly remedy: string;
  readonly lasts?: 'voice';
}[] = [
  {
    codes: ['invalid_api_key', 'missing_permissions', 'unauthorized'],
    remedy: 'set ELEVENLABS_API_KEY (option apiKey) to a valid key that may use text to speech.',
  },
  { codes: ['quota_exceeded'], remedy: "the account's quota is used up." },
  {
    codes: ['voice_not_found', 'not_found'],
    lasts: 'voice',
    remedy: 'set ELEVENLABS_VOICE_ID (option voiceId) to a voice that this key can use.',
  },
  { codes: ['only_for_creator+', 'forbidden'], remedy: "the account's plan does not allow this." },
];
const BY_STATUS: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
};

/**
 * The answer to a request or to a socket's handshake was an error.
 * @param body parsed JSON, or text
 * @see https://elevenlabs.io/docs/developers/resources/error-messages
 */
export function refusal(status: number, body: unknown): SpeechFailedError {
  const code = errorCode(body) ?? BY_STATUS[status] ?? `http_${status}`;
  return described(code, `ElevenLabs answered ${status} ${code}`, BY_STATUS[status]);
}

/** The server reported an error on an open socket. */
export function reported(error: string): SpeechFailedError {
  const code = isCode(error) ? error : 'error';
  return described(code, `ElevenLabs reported ${code}`, undefined);
}

/** What we found out ourselves. */
export const failed = (code: string, what: string, cause?: unknown): SpeechFailedError =>
  new SpeechFailedError(`ElevenLabs ${what}.`, code, undefined, cause === undefined ? undefined : { cause });

function described(code: string, what: string, generic: string | undefined): SpeechFailedError {
  const known = [code, generic].map((name) =>
    REMEDIES.find(({ codes }) => name !== undefined && codes.includes(name)),
  );
  const found = known.find((remedy) => remedy !== undefined);
  return found === undefined
    ? new SpeechFailedError(`${what}.`, code)
    : new SpeechFailedError(`${what}: ${found.remedy}`, code, found.lasts ?? 'account');
}

/** A code and nothing else: others' messages may hold what was said. */
const isCode = (name: unknown): name is string => typeof name === 'string' && /^[\w+-]{1,60}$/.test(name);

/** `detail.code`, or `detail.status` of older answers; a list of validation errors has none. */
function errorCode(body: unknown): string | undefined {
  const value = typeof body === 'string' ? parsed(body) : body;
  const detail = (Object(value) as { detail?: unknown }).detail;
  if (Array.isArray(detail)) return 'validation_error';
  const { code, status } = Object(detail) as { code?: unknown; status?: unknown };
  return [code, status].find(isCode);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
