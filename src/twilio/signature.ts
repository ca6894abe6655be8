import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { validateRequest, validateRequestWithBody } from 'twilio/lib/webhooks/webhooks.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { streamUrl } from './public-urls.js';

/** What is read of a handshake; Node's `IncomingMessage` fits. */
export interface SignedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** What is read of a webhook's request; those of Express and Fastify fit. */
export interface SignedWebhook extends SignedRequest {
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
  readonly body?: unknown;
  /** The body as received, for JSON webhooks: `NestFactory.create(…, { rawBody: true })`. */
  readonly rawBody?: Buffer | undefined;
}

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
const LOOPBACK = /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/i;

/**
 * Checks `X-Twilio-Signature`, always against the configured public URL, never against what a request says about its
 * own host. Without an auth token only requests from this machine pass.
 */
@Injectable()
export class TwilioSignatures implements OnModuleInit {
  private readonly logger = new Logger('TwilioVoice');
  private readonly authToken: string | undefined;
  private readonly origin: string;
  private readonly handshakeUrls: readonly string[];

  constructor(@Inject(TWILIO_VOICE_OPTIONS) options: ResolvedTwilioVoiceOptions) {
    this.authToken = options.authToken;
    this.origin = new URL(options.publicUrl).origin;
    this.handshakeUrls = urlForms(streamUrl(options));
  }

  onModuleInit(): void {
    if (this.authToken === undefined)
      this.logger.warn('No authToken: signatures are not checked, and only requests from loopback are taken');
  }

  /** Whether a webhook's request comes from Twilio. */
  webhook(request: SignedWebhook): boolean {
    if (this.authToken === undefined) return isLocal(request);
    const url = this.origin + (request.originalUrl ?? request.url ?? '/');
    const signature = signatureOf(request);
    if (signature === undefined) return false;
    return url.includes('bodySHA256=')
      ? this.json(this.authToken, signature, url, request)
      : isForm(request.body) && validateRequest(this.authToken, signature, url, { ...request.body });
  }

  /** Whether a stream's handshake comes from Twilio. */
  handshake(request: SignedRequest): boolean {
    const { authToken } = this;
    if (authToken === undefined) return isLocal(request);
    const signature = signatureOf(request);
    if (signature === undefined) return false;
    return this.handshakeUrls.some((url) => validateRequest(authToken, signature, url, {}));
  }

  private json(authToken: string, signature: string, url: string, { rawBody }: SignedWebhook): boolean {
    if (rawBody === undefined) {
      this.logger.warn('A JSON webhook needs NestFactory.create(…, { rawBody: true }); it is refused');
      return false;
    }
    return validateRequestWithBody(authToken, signature, url, rawBody.toString('utf8'));
  }
}

/** Twilio does not say when it signs a trailing slash or a port: every form of the one configured URL counts. */
function urlForms(url: string): string[] {
  const { protocol, host, hostname, port, pathname } = new URL(url);
  const withPort = `${hostname}:${port === '' ? (protocol === 'wss:' ? '443' : '80') : port}`;
  const hosts = new Set([host, withPort, hostname]);
  return [...hosts].flatMap((name) => [
    `${protocol}//${name}${pathname}`,
    `${protocol}//${name}${pathname}/`,
  ]);
}

function signatureOf({ headers }: SignedRequest): string | undefined {
  const signature = headers['x-twilio-signature'];
  return typeof signature === 'string' && signature !== '' ? signature : undefined;
}

const FORWARDED = ['forwarded', 'via', 'x-real-ip', 'cf-connecting-ip', 'origin'];

/** A tunnel's or proxy's requests come from loopback too, but most name another host or say that they were forwarded. */
function isLocal({ headers, socket }: SignedRequest): boolean {
  const foreign = Object.keys(headers).some(
    (name) => FORWARDED.includes(name) || name.startsWith('x-forwarded-'),
  );
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  return !foreign && LOCAL_HOSTS.has(host) && LOOPBACK.test(socket.remoteAddress ?? '');
}

function isForm(body: unknown): body is Record<string, string | string[]> {
  if (body === undefined) return true;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
  return Object.values(body).every((value) => [value].flat().every((one) => typeof one === 'string'));
}
