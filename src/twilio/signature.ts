import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import {
  getExpectedTwilioSignature,
  validateRequest,
  validateRequestWithBody,
} from 'twilio/lib/webhooks/webhooks.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { isLocal, type ReceivedRequest } from './local-request.js';
import { streamUrl } from './public-urls.js';

/** What is read of a handshake. */
export type SignedRequest = ReceivedRequest;

/** What is read of a webhook's request; those of Express and Fastify fit. */
export interface SignedWebhook extends SignedRequest {
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
  readonly body?: unknown;
  /** The body as received, for JSON webhooks: `NestFactory.create(…, { rawBody: true })`. */
  readonly rawBody?: Buffer | undefined;
}

/**
 * Checks `X-Twilio-Signature`, always against the configured public URL, never against what a request says about its
 * own host. Without an auth token only requests from this machine pass.
 */
@Injectable()
export class TwilioSignatures implements OnModuleInit {
  private readonly logger = new Logger('TwilioVoice');
  private readonly authTokens: readonly string[];
  private readonly origin: string;
  /** A handshake's signature covers nothing but its URL: all that are right are known beforehand. */
  private readonly handshakes: readonly Buffer[];
  private toldOfRawBody = false;

  constructor(@Inject(TWILIO_VOICE_OPTIONS) options: ResolvedTwilioVoiceOptions) {
    this.authTokens = options.authTokens;
    this.origin = new URL(options.publicUrl).origin;
    this.handshakes = options.authTokens.flatMap((token) =>
      urlForms(streamUrl(options)).map((url) => Buffer.from(getExpectedTwilioSignature(token, url, {}))),
    );
  }

  onModuleInit(): void {
    if (this.isUnsigned)
      this.logger.warn('No authToken: signatures are not checked, and only requests from loopback are taken');
  }

  /** Whether a webhook's request comes from Twilio. */
  webhook(request: SignedWebhook): boolean {
    const target = request.originalUrl ?? request.url ?? '';
    // A request may name a host of its own in the place of the path.
    if (!target.startsWith('/')) return false;
    if (this.isUnsigned) return isLocal(request);
    const signature = signatureOf(request);
    if (signature === undefined) return false;
    const url = this.origin + target;
    return new URL(url).searchParams.has('bodySHA256')
      ? this.json(signature, url, request)
      : this.form(signature, url, request);
  }

  /** Whether a stream's handshake comes from Twilio. */
  handshake(request: SignedRequest): boolean {
    if (this.isUnsigned) return isLocal(request);
    const signature = signatureOf(request);
    if (signature === undefined) return false;
    const given = Buffer.from(signature);
    return this.handshakes.some((right) => given.length === right.length && timingSafeEqual(given, right));
  }

  private get isUnsigned(): boolean {
    return this.authTokens.length === 0;
  }

  private form(signature: string, url: string, { body }: SignedWebhook): boolean {
    if (!isForm(body)) return false;
    return this.authTokens.some((token) => validateRequest(token, signature, url, { ...body }));
  }

  private json(signature: string, url: string, { rawBody }: SignedWebhook): boolean {
    if (rawBody === undefined) {
      if (!this.toldOfRawBody)
        this.logger.warn('A JSON webhook needs NestFactory.create(…, { rawBody: true }); it is refused');
      this.toldOfRawBody = true;
      return false;
    }
    const body = rawBody.toString('utf8');
    return this.authTokens.some((token) => validateRequestWithBody(token, signature, url, body));
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

function isForm(body: unknown): body is Record<string, string | string[]> {
  if (body === undefined) return true;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
  return Object.values(body).every((value) => [value].flat().every((one) => typeof one === 'string'));
}
