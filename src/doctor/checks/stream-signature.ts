import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { type Check, failed, type Finding, ok, skipped } from '../check.js';
import type { DoctorContext } from '../context.js';
import { networkProblem } from '../network/network-problem.js';

/** Whether a media stream that somebody else signed is refused before it opens. */
export const streamSignature: Check<DoctorContext> = {
  name: 'stream-signature',
  needs: ['stream'],
  reads: [],
  async run({ stream, streams, settings: { environment } }): Promise<Finding> {
    if (environment.TWILIO_AUTH_TOKEN === undefined)
      return skipped('TWILIO_AUTH_TOKEN is not set: only streams from this machine are taken');
    if (stream === undefined) return skipped('the TwiML has no media stream');
    try {
      const forged = getExpectedTwilioSignature('not the token of the account', stream.url, {});
      const answer = await streams.open(stream.url, forged, []);
      if (answer.kind === 'refused')
        return ok(`a stream with a wrong signature is refused with ${answer.status}`);
      return failed(
        'a media stream with a wrong signature is opened: anybody could hold sockets open',
        'give the host TWILIO_AUTH_TOKEN (option authToken), and start it again.',
      );
    } catch (error) {
      return {
        status: 'failed',
        problems: [networkProblem(error, { url: stream.url, variable: 'PUBLIC_URL' })],
      };
    }
  },
};
