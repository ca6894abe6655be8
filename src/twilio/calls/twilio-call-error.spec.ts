import { describe, expect, it } from '@jest/globals';
import { TwilioCallError, twilioCallError } from './twilio-call-error.js';

const NUMBER = '+4930123456';

describe('what Twilio did not do', () => {
  it.each<[{ status?: number; code?: number | string }, string, string]>([
    [{ status: 404, code: 20_404 }, 'gone', 'Twilio did not hang up: code 20404, HTTP 404.'],
    [{ status: 429, code: 20_429 }, 'busy', 'Twilio did not hang up: code 20429, HTTP 429.'],
    [{ status: 400, code: 21_211 }, 'refused', 'Twilio did not hang up: code 21211, HTTP 400.'],
    [{ status: 502 }, 'unavailable', 'Twilio did not hang up: HTTP 502.'],
    [{ code: 'ECONNREFUSED' }, 'unavailable', 'Twilio did not hang up: it could not be reached.'],
  ])('with %j is %s', (answer, problem, message) => {
    const cause = Object.assign(new Error(`The number ${NUMBER} is not valid`), answer);
    const error = twilioCallError('hang up', cause);
    expect(error).toMatchObject({ name: 'TwilioCallError', problem, message, cause });
    expect(error.code).toBe(typeof answer.code === 'number' ? answer.code : undefined);
  });

  it('is told in the same words, whatever was thrown', () => {
    for (const cause of [undefined, null, 'text', Object.create(null)])
      expect(twilioCallError('hang up', cause).message).toMatch(/could not be reached/);
  });

  it('is told once: an error that says so already stays as it is', () => {
    const error = new TwilioCallError('gone', 'over', 20_404, 404);
    expect(twilioCallError('hang up', error)).toBe(error);
  });
});
