import type { Twilio } from 'twilio';
import { type Check, failed, type Finding, ok, type Problem, skipped } from '../check.js';
import { type DoctorContext, webhookOf } from '../context.js';
import { destinationOf, type Destination } from '../number-destination.js';
import { twilioClient } from '../twilio-client.js';
import { notAnswered } from './twilio-account.js';

const MOST_NUMBERS = 1_000;
const NAMED = 3;

/** Whether calls to the number go to the host: to that of TWILIO_PHONE_NUMBER, else to any of the account. */
export const phoneNumber: Check<DoctorContext> = {
  name: 'phone-number',
  needs: ['twilio-account', 'public-url'],
  reads: ['PUBLIC_URL', 'TWILIO_PHONE_NUMBER'],
  async run(context): Promise<Finding> {
    const {
      TWILIO_ACCOUNT_SID: sid,
      TWILIO_AUTH_TOKEN: token,
      TWILIO_PHONE_NUMBER: number,
      PUBLIC_URL,
    } = context.settings.environment;
    if (sid === undefined || token === undefined) return skipped('there is no Twilio account');
    if (PUBLIC_URL?.startsWith('https:') !== true) return skipped('PUBLIC_URL is no https:// address');
    try {
      const destinations = await destinationsOf(await twilioClient(context, sid, token), number);
      return number === undefined
        ? judgedAny(destinations, context)
        : judgedOne(number, destinations[0], context);
    } catch (error) {
      return notAnswered(error, context);
    }
  },
};

async function destinationsOf(client: Twilio, phoneNumber: string | undefined): Promise<Destination[]> {
  const which = phoneNumber === undefined ? {} : { phoneNumber };
  const numbers = await client.incomingPhoneNumbers.list({ ...which, limit: MOST_NUMBERS });
  return Promise.all(
    numbers
      .filter((one) => phoneNumber === undefined || one.phoneNumber === phoneNumber)
      .map((one) => destinationOf(one, client)),
  );
}

function judgedOne(number: string, destination: Destination | undefined, context: DoctorContext): Finding {
  if (destination === undefined)
    return failed(
      `the Twilio account has no number ${number}`,
      'set TWILIO_PHONE_NUMBER to a number of this account, or TWILIO_ACCOUNT_SID to the account that has it.',
    );
  return concluded([destination], context);
}

function judgedAny(destinations: readonly Destination[], context: DoctorContext): Finding {
  const ours = destinations.filter(({ voiceUrl }) => isSame(voiceUrl, webhookOf(context)));
  if (ours.length > 0) return concluded(ours, context);
  if (destinations.length === 0)
    return failed('the Twilio account has no number', 'buy one with voice in the Twilio console.');
  const named = destinations
    .slice(0, NAMED)
    .map(({ number, voiceUrl }) => `${number} calls ${shown(voiceUrl)}`)
    .join(', ');
  const more = destinations.length > NAMED ? ', …' : '';
  return failed(
    `none of the account's numbers calls this host: ${named}${more}`,
    setWebhook('a number', context),
  );
}

/** All that keeps calls to these numbers from the host, and what the host is not told. */
function concluded(destinations: readonly Destination[], context: DoctorContext): Finding {
  const blocking = destinations.flatMap((one) => blockingProblems(one, context));
  if (blocking.length > 0) return { status: 'failed', problems: blocking };
  const untold = destinations.flatMap((one) => statusProblems(one, context));
  if (untold.length > 0) return { status: 'warning', problems: untold };
  return ok(`${destinations.map(({ number }) => number).join(', ')}: POST ${webhookOf(context)}`);
}

function blockingProblems(destination: Destination, context: DoctorContext): Problem[] {
  const { number, fault, voiceUrl, voiceMethod } = destination;
  if (fault !== undefined) return [fault];
  if (!isSame(voiceUrl, webhookOf(context)))
    return [{ problem: `${number} calls ${shown(voiceUrl)}`, fix: setWebhook(number, context) }];
  if (voiceMethod !== 'POST')
    return [{ problem: `${number} calls its webhook with ${voiceMethod}`, fix: setWebhook(number, context) }];
  return [];
}

function statusProblems(
  { number, statusCallback, statusMethod }: Destination,
  context: DoctorContext,
): Problem[] {
  const url = webhookOf(context, 'status');
  if (isSame(statusCallback, url) && statusMethod === 'POST') return [];
  const problem = isSame(statusCallback, url)
    ? `${number} tells the status of calls with ${statusMethod}`
    : `${number} tells the status of calls to ${shown(statusCallback)}: the host learns that a call is over only when its stream closes`;
  return [{ problem, fix: `in the Twilio console, set "Call status changes" of ${number} to POST ${url}.` }];
}

const setWebhook = (number: string, context: DoctorContext): string =>
  `in the Twilio console, set "A call comes in" of ${number} to Webhook, POST ${webhookOf(context)}.`;

/** A query and a slash at the end make no difference to the host. */
function isSame(url: string, expected: string): boolean {
  if (!URL.canParse(url)) return false;
  const bare = (text: string) => {
    const { origin, pathname } = new URL(text);
    return origin + pathname.replace(/\/+$/, '');
  };
  return bare(url) === bare(expected);
}

/** Without a query or password, which may be secrets. */
function shown(url: string): string {
  if (url === '') return 'nothing';
  if (!URL.canParse(url)) return 'something that is no URL';
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
