import { createHmac } from 'node:crypto';

/**
 * `X-Twilio-Signature` of a request: HMAC-SHA1 over the URL and the form's fields in the order of their names.
 *
 * @param url as Twilio calls it; for a media stream the wss URL, without a form
 */
export function twilioSignature(
  authToken: string,
  url: string,
  form: Readonly<Record<string, string>> = {},
): string {
  const fields = Object.keys(form)
    .sort()
    .map((name) => name + (form[name] ?? ''));
  return createHmac('sha1', authToken)
    .update(signedUrl(url) + fields.join(''))
    .digest('base64');
}

/** User, password and fragment are never signed, nor is the port of a voice URL over TLS; nothing else is touched. */
function signedUrl(url: string): string {
  const bare = url.replace(/#.*$/s, '').replace(/^([a-z]+:\/\/)[^/?#@]*@/i, '$1');
  return bare.replace(/^((?:https|wss):\/\/(?:\[[^\]]*\]|[^/?#:]*)):\d+/i, '$1');
}
