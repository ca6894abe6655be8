import type { Check } from './check.js';
import { configuration } from './checks/configuration.js';
import { elevenLabsModel } from './checks/elevenlabs-model.js';
import { elevenLabs } from './checks/elevenlabs.js';
import { openAi } from './checks/openai.js';
import { phoneNumber } from './checks/phone-number.js';
import { publicAddress } from './checks/public-address.js';
import { publicUrl } from './checks/public-url.js';
import { reachable } from './checks/reachable.js';
import { redis } from './checks/redis.js';
import { streamSignature } from './checks/stream-signature.js';
import { stream } from './checks/stream.js';
import { twilioAccount } from './checks/twilio-account.js';
import { webhookSignature } from './checks/webhook-signature.js';
import { webhook } from './checks/webhook.js';
import type { DoctorContext } from './context.js';

/** In their order: what others need comes first. */
export const CHECKS: readonly Check<DoctorContext>[] = [
  configuration,
  publicUrl,
  reachable,
  publicAddress,
  webhook,
  webhookSignature,
  stream,
  streamSignature,
  twilioAccount,
  phoneNumber,
  elevenLabs,
  elevenLabsModel,
  openAi,
  redis,
];

export const CHECK_NAMES: readonly string[] = CHECKS.map(({ name }) => name);
