import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import type { DoctorContext } from './context.js';
import type { HttpAnswer } from './network/http-probe.js';
import { probeForm } from './probe-call.js';

/**
 * Posts the webhook of the call that does not exist; without a token it is not signed.
 * @param signedUrl the URL that the signature is for
 */
export function postSigned(
  { settings, http }: DoctorContext,
  url: string,
  signedUrl: string,
  authToken = settings.environment.TWILIO_AUTH_TOKEN,
): Promise<HttpAnswer> {
  const form = probeForm(settings.environment.TWILIO_ACCOUNT_SID);
  const signature =
    authToken === undefined
      ? {}
      : { 'x-twilio-signature': getExpectedTwilioSignature(authToken, signedUrl, form) };
  return http.postForm(url, form, signature);
}
