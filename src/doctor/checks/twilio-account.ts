import { type Check, failed, type Finding, ok, skipped, warning } from '../check.js';
import type { DoctorContext } from '../context.js';
import { networkProblem } from '../network/network-problem.js';
import { restError, twilioClient } from '../twilio-client.js';

/** Whether SID and token belong together, and the account may make and take calls. */
export const twilioAccount: Check<DoctorContext> = {
  name: 'twilio-account',
  needs: [],
  reads: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'],
  async run(context): Promise<Finding> {
    const { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: token } = context.settings.environment;
    if (sid === undefined)
      return skipped('TWILIO_ACCOUNT_SID is not set: calls are not hung up or transferred by REST');
    if (token === undefined) return skipped('TWILIO_AUTH_TOKEN is not set');
    try {
      const client = await twilioClient(context, sid, token);
      const { status, type } = await client.api.v2010.accounts(sid).fetch();
      return judged(status, type);
    } catch (error) {
      return notAnswered(error, context);
    }
  },
};

function judged(status: string, type: string): Finding {
  if (status !== 'active')
    return failed(
      `the Twilio account is ${status}`,
      'reactivate it in the Twilio console, or set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN of an active one.',
    );
  if (type === 'Trial')
    return warning(
      'the Twilio account is a trial: a message precedes its calls, and new trials have no media streams',
      'upgrade the account before callers are to hear the agent.',
    );
  return ok('SID and token are valid, and the account is active');
}

/** @param error what Twilio's client threw */
export function notAnswered(error: unknown, { twilioApi }: DoctorContext): Finding {
  const rest = restError(error);
  if (rest === undefined) {
    const place = { url: twilioApi ?? 'https://api.twilio.com', variable: 'TWILIO_REGION' };
    return { status: 'failed', problems: [networkProblem(error, place)] };
  }
  if (rest.status === 401 || rest.code === 20404)
    return failed(
      `Twilio refuses TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (${rest.code})`,
      'copy both from the same account (and region) in the Twilio console: an API key or a test credential will not do.',
    );
  if (rest.status === 403)
    return failed(
      `the Twilio account may not do this (${rest.code})`,
      'see in the Twilio console whether it is suspended.',
    );
  return failed(
    `Twilio answers ${rest.status} (${rest.code})`,
    'look at status.twilio.com, and run the doctor again.',
  );
}
