import { Inject, Injectable, Optional, RequestMethod } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';

type Where = Pick<ResolvedTwilioVoiceOptions, 'publicUrl' | 'basePath'>;

/** Address of the media stream: wss, or ws where the server is plain http on loopback. */
export function streamUrl({ publicUrl, basePath }: Where): string {
  return `${publicUrl}/${basePath}/stream`.replace(/^http/i, 'ws');
}

/** Path of the media stream: a path in `publicUrl` is part of it, a global prefix, which no upgrade has, is not. */
export function streamPath(where: Where): string {
  return new URL(streamUrl(where)).pathname;
}

/** Addresses of our webhooks, as Twilio calls them. */
@Injectable()
export class PublicUrls {
  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly where: Where,
    @Optional() private readonly application?: ApplicationConfig,
  ) {}

  /** The host's global prefix is part of it, whether `publicUrl` has it or not; ask when the application is made. */
  webhook(name: string): string {
    const { publicUrl, basePath } = this.where;
    const path = `/${basePath}/${name}`;
    return `${publicUrl}${this.prefixOf(path)}${path}`;
  }

  private prefixOf(path: string): string {
    const prefix = (this.application?.getGlobalPrefix() ?? '').replace(/^\/+|\/+$/g, '');
    if (prefix === '' || this.isExcluded(path)) return '';
    return `${new URL(this.where.publicUrl).pathname}/`.endsWith(`/${prefix}/`) ? '' : `/${prefix}`;
  }

  private isExcluded(path: string): boolean {
    const { exclude = [] } = this.application?.getGlobalPrefixOptions() ?? {};
    return exclude.some(
      ({ pathRegex, requestMethod }) =>
        [RequestMethod.ALL, RequestMethod.POST].includes(requestMethod) && pathRegex.test(path),
    );
  }
}
