import { describe, expect, it } from '@jest/globals';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import type { DoctorContext } from './context.js';
import { probeForm } from './probe-call.js';
import { otherUrlOf } from './wrong-url.js';

const TOKEN = '0123456789abcdef';

/** A deployment whose host takes signatures for that URL only. */
function deployment(publicUrl: string, taken: string): DoctorContext {
  const right = getExpectedTwilioSignature(TOKEN, taken, probeForm());
  const postForm = (_url: string, _form: object, headers: Record<string, string>) =>
    Promise.resolve({ status: headers['x-twilio-signature'] === right ? 200 : 403 });
  const environment = { TWILIO_AUTH_TOKEN: TOKEN, PORT: 3000 };
  return { settings: { publicUrl, environment }, http: { postForm } } as unknown as DoctorContext;
}

describe('the URL that a host takes signatures for instead', () => {
  it.each([
    ['https://voice.example.com/phone', 'https://voice.example.com/voice/incoming', 'stripped'],
    ['https://api.example.com/api', 'https://api.example.com/voice/incoming', 'stripped'],
    ['https://voice.example.com', 'http://voice.example.com/voice/incoming', 'origin'],
    ['https://voice.example.com', 'http://127.0.0.1:3000/voice/incoming', 'origin'],
    ['https://voice.example.com', 'https://elsewhere.example.com/voice/incoming', undefined],
  ])('is found at %s: %s', async (publicUrl, taken, kind) => {
    const other = await otherUrlOf(deployment(publicUrl, taken), `${publicUrl}/voice/incoming`);
    expect(other?.kind).toBe(kind);
  });
});
