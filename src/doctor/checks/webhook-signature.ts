import { type Check, failed, type Finding, ok, skipped } from '../check.js';
import { type DoctorContext, webhookOf } from '../context.js';
import { networkProblem } from '../network/network-problem.js';
import { postSigned } from '../signed-post.js';

/** Whether a webhook that somebody else signed is refused, and one that the secondary token signed is not. */
export const webhookSignature: Check<DoctorContext> = {
  name: 'webhook-signature',
  needs: ['webhook'],
  reads: ['TWILIO_SECONDARY_AUTH_TOKEN'],
  async run(context): Promise<Finding> {
    if (context.settings.environment.TWILIO_AUTH_TOKEN === undefined)
      return skipped('TWILIO_AUTH_TOKEN is not set: only calls from this machine are taken');
    const url = webhookOf(context);
    try {
      const { status } = await postSigned(context, url, url, 'not the token of the account');
      if (status === 403) return await secondToken(context, url);
      return failed(
        `a call with a wrong signature is answered ${status} instead of 403: anybody could open calls`,
        'give the host TWILIO_AUTH_TOKEN (option authToken), and start it again.',
      );
    } catch (error) {
      return { status: 'failed', problems: [networkProblem(error, { url, variable: 'PUBLIC_URL' })] };
    }
  },
};

/** A token that is about to become the account's must be known before it does. */
async function secondToken(context: DoctorContext, url: string): Promise<Finding> {
  const refused = 'a call with a wrong signature is refused with 403';
  const { TWILIO_SECONDARY_AUTH_TOKEN: token } = context.settings.environment;
  if (token === undefined) return ok(refused);
  const { status } = await postSigned(context, url, url, token);
  if (status === 200) return ok(`${refused}, one signed with the secondary token is taken`);
  return failed(
    `a call signed with TWILIO_SECONDARY_AUTH_TOKEN is answered ${status}`,
    'give the host TWILIO_SECONDARY_AUTH_TOKEN (option authToken: both tokens), and start it again.',
  );
}
