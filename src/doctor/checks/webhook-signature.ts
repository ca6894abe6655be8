import { type Check, failed, type Finding, ok, skipped } from '../check.js';
import { type DoctorContext, webhookOf } from '../context.js';
import { networkProblem } from '../network/network-problem.js';
import { postSigned } from '../signed-post.js';

/** Whether a webhook that somebody else signed is refused. */
export const webhookSignature: Check<DoctorContext> = {
  name: 'webhook-signature',
  needs: ['webhook'],
  reads: [],
  async run(context): Promise<Finding> {
    if (context.settings.environment.TWILIO_AUTH_TOKEN === undefined)
      return skipped('TWILIO_AUTH_TOKEN is not set: only calls from this machine are taken');
    const url = webhookOf(context);
    try {
      const { status } = await postSigned(context, url, url, 'not the token of the account');
      if (status === 403) return ok('a call with a wrong signature is refused with 403');
      return failed(
        `a call with a wrong signature is answered ${status} instead of 403: anybody could open calls`,
        'give the host TWILIO_AUTH_TOKEN (option authToken), and start it again.',
      );
    } catch (error) {
      return { status: 'failed', problems: [networkProblem(error, { url, variable: 'PUBLIC_URL' })] };
    }
  },
};
