import type { PlacedFault } from './faults.js';

/** An HTTP answer that is an error. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const CODES: Readonly<
  Record<string, { readonly type: string; readonly code: string; readonly message: string }>
> = {
  '400': { type: 'validation_error', code: 'invalid_parameters', message: 'Invalid parameters.' },
  '401': { type: 'authentication_error', code: 'invalid_api_key', message: 'Invalid API key' },
  '403': {
    type: 'authorization_error',
    code: 'only_for_creator+',
    message: 'This feature needs a higher subscription.',
  },
  '404': { type: 'not_found', code: 'voice_not_found', message: 'A voice with that id was not found.' },
  '429': {
    type: 'rate_limit_error',
    code: 'concurrent_limit_exceeded',
    message: 'Too many concurrent requests.',
  },
  '500': { type: 'internal_error', code: 'internal_server_error', message: 'Something went wrong.' },
};
/** Codes of the older error bodies, which have no `code`. */
const LEGACY = ['too_many_concurrent_requests', 'system_busy'];
const JSON_TYPE = { 'content-type': 'application/json' };

/** The documented error body of a status; see `detail.code`, or `detail.status` of older ones. */
export function refusal(
  status: number,
  own: { readonly code?: string; readonly message?: string } = {},
): Refusal {
  const known = CODES[status];
  const code = own.code ?? known?.code ?? 'unknown_error';
  const message = own.message ?? known?.message ?? 'Request refused.';
  const detail = LEGACY.includes(code)
    ? { status: code, message }
    : { type: known?.type ?? 'error', code, message, status: code, request_id: 'local' };
  return { status, headers: JSON_TYPE, body: JSON.stringify({ detail }) };
}

/** FastAPI's list of what is wrong with a request. */
export function invalid(loc: readonly string[], msg: string, type = 'value_error'): Refusal {
  return { status: 422, headers: JSON_TYPE, body: JSON.stringify({ detail: [{ loc, msg, type }] }) };
}

type RefusingFault = PlacedFault<'http'> | PlacedFault<'upgrade'> | PlacedFault<'scribe'>;

/** What a fault with a status answers; undefined for other kinds. */
export function faultRefusal(fault: RefusingFault): Refusal | undefined {
  if (!/^\d+$/.test(fault.kind)) return undefined;
  const answer = answerTo(fault);
  const retry = fault.retryAfterS === undefined ? {} : { 'retry-after': String(fault.retryAfterS) };
  return { ...answer, headers: { ...answer.headers, ...retry } };
}

function answerTo({ kind, code }: RefusingFault): Refusal {
  if (kind === '422') return invalid(['body', 'text'], 'Field required', 'missing');
  if (kind === '503')
    return {
      status: 503,
      headers: { 'content-type': 'text/html' },
      body: '<html><head><title>503 Service Temporarily Unavailable</title></head><body>503</body></html>',
    };
  return refusal(Number(kind), code === undefined ? {} : { code });
}
