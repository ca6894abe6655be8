import type { ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';

type Where = Pick<ResolvedTwilioVoiceOptions, 'publicUrl' | 'basePath'>;

/** Address of one of our webhooks, as Twilio calls it. */
export function webhookUrl({ publicUrl, basePath }: Where, name: string): string {
  return `${publicUrl}/${basePath}/${name}`;
}

/** Address of the media stream: wss, or ws where the server is plain http on loopback. */
export function streamUrl(where: Where): string {
  return webhookUrl(where, 'stream').replace(/^http/i, 'ws');
}

/** Path of the media stream; a path in `publicUrl`, such as a global prefix, is part of it. */
export function streamPath(where: Where): string {
  return new URL(streamUrl(where)).pathname;
}
