import { InterruptedError } from '../../call/interrupted-error.js';
import { RemoteError } from '../../sharing/call-bus.js';
import { SharingUnavailableError } from '../../sharing/sharing-errors.js';

/** What a refusal of Twilio's REST API means. */
export type TwilioCallProblem =
  /** There is no such call, or it is over. */
  | 'gone'
  /** Twilio's limit on requests or calls is reached: later it may go. */
  | 'busy'
  /** The request is wrong, or the account may not do it. */
  | 'refused'
  /** Twilio did not answer, or could not. */
  | 'unavailable'
  /** `accountSid` and `authToken` are missing. */
  | 'not-configured';

/** Twilio did not do what it was asked to; the message holds no number. */
export class TwilioCallError extends Error {
  override readonly name = 'TwilioCallError';

  /**
   * @param code Twilio's own, such as 20404 or 21211, where it told one
   * @param status of the HTTP answer
   */
  constructor(
    readonly problem: TwilioCallProblem,
    message: string,
    readonly code?: number,
    readonly status?: number,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** @param doing what was asked for, such as `hang up` */
export function twilioCallError(doing: string, cause: unknown): TwilioCallError {
  if (cause instanceof TwilioCallError) return cause;
  const { code, status } = Object(cause) as { code?: unknown; status?: unknown };
  const httpStatus = typeof status === 'number' ? status : undefined;
  const twilioCode = typeof code === 'number' ? code : undefined;
  const told = [
    ...(twilioCode === undefined ? [] : [`code ${twilioCode}`]),
    ...(httpStatus === undefined ? [] : [`HTTP ${httpStatus}`]),
  ].join(', ');
  const message = `Twilio did not ${doing}: ${told === '' ? 'it could not be reached' : told}.`;
  return new TwilioCallError(problemOf(httpStatus), message, twilioCode, httpStatus, { cause });
}

/** What another instance told, as it was there: a TwilioCallError is one here too. */
export function asItWas(error: unknown): unknown {
  if (!(error instanceof RemoteError) || error.name !== 'TwilioCallError') return error;
  const { message, code, status, problem } = error;
  const told = (problem ?? problemOf(status)) as TwilioCallProblem;
  return new TwilioCallError(told, message, typeof code === 'number' ? code : undefined, status, {
    cause: error,
  });
}

/** Whether somebody may have been dialled though it failed: where only the answer is missing, or too little is known. */
export function mayBeDone(error: unknown): boolean {
  if (error instanceof TwilioCallError) return error.problem === 'unavailable';
  if (error instanceof SharingUnavailableError) return error.mayBeDone;
  return !(error instanceof InterruptedError);
}

function problemOf(status: number | undefined): TwilioCallProblem {
  if (status === undefined || status >= 500) return 'unavailable';
  if (status === 404) return 'gone';
  return status === 429 ? 'busy' : 'refused';
}
