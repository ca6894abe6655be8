import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { type Check, failed, type Finding, ok, skipped } from '../check.js';
import type { DoctorContext } from '../context.js';
import { networkProblem } from '../network/network-problem.js';
import type { StreamAnswer } from '../network/stream-probe.js';
import { openingMessages } from '../probe-call.js';

/**
 * Whether the media stream opens through the proxy, takes the token of the TwiML, and passes messages both ways. The
 * `start` names another call than the token does: the host checks the token and refuses the stream before a call begins.
 */
export const stream: Check<DoctorContext> = {
  name: 'stream',
  needs: ['webhook'],
  reads: [],
  async run({ stream: offered, streams, settings: { environment } }): Promise<Finding> {
    if (offered === undefined) return skipped('the TwiML has no media stream');
    const { url, parameters } = offered;
    const { TWILIO_AUTH_TOKEN, TWILIO_ACCOUNT_SID } = environment;
    const signature =
      TWILIO_AUTH_TOKEN === undefined ? undefined : getExpectedTwilioSignature(TWILIO_AUTH_TOKEN, url, {});
    try {
      const answer = await streams.open(url, signature, openingMessages(parameters, TWILIO_ACCOUNT_SID));
      return judged(url, answer);
    } catch (error) {
      return { status: 'failed', problems: [networkProblem(error, { url, variable: 'PUBLIC_URL' })] };
    }
  },
};

function judged(url: string, answer: StreamAnswer): Finding {
  if (answer.kind === 'refused') return refused(url, answer.status);
  if (answer.kind === 'open')
    return failed(
      'the media stream opens, but what is sent on it is not answered',
      'let the proxy pass WebSocket messages on at once, without buffering.',
    );
  const { code, reason, ms } = answer;
  if (reason === 'token other-call') return ok(`${url} opens and knows the token (${Math.round(ms)} ms)`);
  if (reason.startsWith('token '))
    return failed(
      'the host that took the media stream does not know the token of the host that answered the call',
      'give all instances the same TWILIO_AUTH_TOKEN, or the same option tokenSecret.',
    );
  if (reason === 'no start')
    return failed(
      'the media stream opens, but what is sent on it does not arrive',
      'let the proxy pass WebSocket messages on at once, without buffering.',
    );
  return failed(
    `the media stream opens and is closed with ${code} before it is used`,
    'let the proxy keep WebSockets open, and look into the log of the host.',
  );
}

function refused(url: string, status: number): Finding {
  const at = `the handshake of ${url} is answered ${status}`;
  switch (status) {
    case 403:
      return failed(
        `${at} though it is signed`,
        'let the proxy pass X-Twilio-Signature on, and give all instances the same PUBLIC_URL and TWILIO_AUTH_TOKEN.',
      );
    case 404:
      return failed(
        at,
        'let the proxy pass the whole path on with the Upgrade and Connection headers, and call MediaStreamAdapter.install(app) before app.listen().',
      );
    case 503:
      return failed(
        at,
        'wait until calls have ended, or raise limits.maxStreams or limits.maxPendingSockets; if the proxy says so, let it reach the host.',
      );
    default:
      return failed(
        `${at} instead of 101`,
        'let the proxy speak HTTP/1.1 to the host and pass the Upgrade and Connection headers on.',
      );
  }
}
