import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  Optional,
  RequestMethod,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
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

/** Where Nest's RouterModule writes a module's path, for each application; it does not export the name. */
const MODULE_PATH = '__module_path__';

/** Addresses of our webhooks, as Twilio calls them. */
@Injectable()
export class PublicUrls implements OnApplicationBootstrap {
  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly where: Where,
    @Optional() private readonly application?: ApplicationConfig,
    @Optional() private readonly modules?: ModulesContainer,
    @Optional() private readonly http?: HttpAdapterHost,
  ) {}

  /** Only here the host's prefix is known. A worker or a command, which has no HTTP server, is called by nobody. */
  onApplicationBootstrap(): void {
    // Nest's types say that the adapter is always there.
    const adapter = this.http?.httpAdapter as HttpAdapterHost['httpAdapter'] | null | undefined;
    if (adapter === null || adapter === undefined) return;
    new Logger('TwilioVoice').log(`Webhook for your Twilio number: POST ${this.webhook('incoming')}`);
  }

  /**
   * The host's global prefix and the path that its RouterModule gave us are part of it, whether `publicUrl` has them or
   * not; ask when the application is made.
   */
  webhook(name: string): string {
    const { publicUrl, basePath } = this.where;
    const path = `/${basePath}/${name}`;
    return `${publicUrl}${this.missingBefore(path)}${path}`;
  }

  /** What `publicUrl` lacks of the path that Nest serves ours under. */
  private missingBefore(path: string): string {
    const module = this.modulePath();
    const prefix = this.isExcluded(module + path) ? '' : segments(this.application?.getGlobalPrefix());
    const known = new URL(this.where.publicUrl).pathname.replace(/\/$/, '');
    if (known.endsWith(prefix + module)) return '';
    return known.endsWith(prefix) ? module : prefix + module;
  }

  private modulePath(): string {
    const { modules } = this;
    const ours = [...(modules?.values() ?? [])].find(({ providers }) => providers.has(PublicUrls));
    if (modules === undefined || ours === undefined) return '';
    const path: unknown = Reflect.getMetadata(MODULE_PATH + modules.applicationId, ours.metatype);
    return segments(typeof path === 'string' ? path : '');
  }

  private isExcluded(path: string): boolean {
    const { exclude = [] } = this.application?.getGlobalPrefixOptions() ?? {};
    return exclude.some(
      ({ pathRegex, requestMethod }) =>
        [RequestMethod.ALL, RequestMethod.POST].includes(requestMethod) && pathRegex.test(path),
    );
  }
}

/** With one slash before it and none behind, or empty. */
const segments = (path = ''): string =>
  path.replace(/^\/*(.*?)\/*$/, (_, inner) => (inner === '' ? '' : `/${inner}`));
