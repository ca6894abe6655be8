import type { Twilio } from 'twilio';
import type { Problem } from './check.js';
import { restError } from './twilio-client.js';

interface Webhooks {
  readonly phoneNumber: string;
  readonly voiceUrl: string | null;
  readonly voiceMethod: string | null;
  readonly statusCallback: string | null;
  readonly statusCallbackMethod: string | null;
}

/** What is read of a number at Twilio. */
export interface NumberAtTwilio extends Webhooks {
  readonly voiceApplicationSid: string | null;
  readonly trunkSid: string | null;
  readonly voiceReceiveMode?: string | null;
  readonly capabilities: { readonly voice?: boolean };
}

/** Where calls to a number go; '' where it says nothing. */
export interface Destination {
  readonly number: string;
  readonly voiceUrl: string;
  readonly voiceMethod: string;
  readonly statusCallback: string;
  readonly statusMethod: string;
  /** Calls go nowhere, or to something other than a webhook. */
  readonly fault?: Problem;
}

/** A SIP trunk takes precedence over a TwiML app, and that over the number's own webhook. */
export async function destinationOf(number: NumberAtTwilio, client: Twilio): Promise<Destination> {
  const { phoneNumber, capabilities, trunkSid, voiceReceiveMode, voiceApplicationSid } = number;
  const fault = (problem: string, fix: string): Destination => ({ ...own(number), fault: { problem, fix } });
  if (capabilities.voice === false)
    return fault(
      `${phoneNumber} takes no calls`,
      'buy a number with voice, and set TWILIO_PHONE_NUMBER to it.',
    );
  if (voiceReceiveMode === 'fax')
    return fault(
      `${phoneNumber} takes faxes`,
      `in the Twilio console, let ${phoneNumber} accept voice calls.`,
    );
  if (isSet(trunkSid))
    return fault(
      `calls to ${phoneNumber} go to the SIP trunk ${trunkSid}, whatever its webhook is`,
      `in the Twilio console, take ${phoneNumber} off the trunk.`,
    );
  if (!isSet(voiceApplicationSid)) return own(number);
  try {
    const { voiceUrl, voiceMethod, statusCallback, statusCallbackMethod } = await client
      .applications(voiceApplicationSid)
      .fetch();
    return own({ phoneNumber, voiceUrl, voiceMethod, statusCallback, statusCallbackMethod });
  } catch (error) {
    if (restError(error)?.status !== 404) throw error;
    return fault(
      `${phoneNumber} is configured with the TwiML app ${voiceApplicationSid}, which is not there`,
      `in the Twilio console, configure ${phoneNumber} with a webhook.`,
    );
  }
}

const own = (number: Webhooks): Destination => ({
  number: number.phoneNumber,
  voiceUrl: number.voiceUrl ?? '',
  voiceMethod: number.voiceMethod ?? 'POST',
  statusCallback: number.statusCallback ?? '',
  statusMethod: number.statusCallbackMethod ?? 'POST',
});

const isSet = (sid: string | null): sid is string => sid !== null && sid !== '';
