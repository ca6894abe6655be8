import type { IncomingMessage } from 'node:http';
import {
  Inject,
  Injectable,
  Logger,
  type OnModuleDestroy,
  type OnModuleInit,
  Optional,
  type Type,
} from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { type OnGatewayConnection, type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { ServerOptions } from 'ws';
import type { StreamEndReason } from '../call/stream.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { importedOnce } from './imported-once.js';
import { MissingAdapter, MissingServer } from './missing-adapter.js';
import { OpenStreams } from './open-streams.js';
import { streamPath } from './public-urls.js';
import { type SignedRequest, TwilioSignatures } from './signature.js';
import { MEDIA_STREAM, streamServerOptions } from './stream-server-options.js';
import type { StreamSocket } from './stream-socket.js';
import { StreamUpgrades } from './stream-upgrades.js';

/** HTTP status of a refused handshake. */
export type HandshakeRefusal = 403 | 429 | 503;

const HINTS = {
  403: 'its signature is missing or wrong: is publicUrl the address Twilio calls, and authToken that of the account?',
  429: 'there are too many sockets of that address that have not started a stream (limits.maxPendingPerAddress).',
  503: 'there are too many streams or pending sockets, or the server is shutting down.',
};

const FIX =
  'call MediaStreamAdapter.install(app) after app.useWebSocketAdapter(…), if any, and before app.listen(). ' +
  "Where main.ts cannot be changed, give the module { upgrades: 'http-server' }.";

/**
 * Where Twilio's media streams arrive. It reads raw sockets and subscribes to no messages: Nest's message handlers do
 * not keep order, run the host's global guards on every frame, and send what they return to Twilio.
 */
@Injectable()
@WebSocketGateway({ path: '/voice/stream', transport: MEDIA_STREAM })
export class TwilioStreamGateway
  implements OnGatewayInit, OnGatewayConnection, OnModuleInit, OnModuleDestroy
{
  /** Refused handshakes so far, by status. */
  readonly refusals: Readonly<Record<HandshakeRefusal, number>>;
  private readonly refused: Record<HandshakeRefusal, number> = { 403: 0, 429: 0, 503: 0 };
  private readonly logger = new Logger('TwilioVoice');
  private readonly checked = new WeakSet<object>();
  private serverFault: string | undefined;

  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) options: ResolvedTwilioVoiceOptions,
    private readonly streams: OpenStreams,
    private readonly signatures: TwilioSignatures,
    @Optional() application?: ApplicationConfig,
  ) {
    this.refusals = this.refused;
    // Providers are made before a host can install its adapter, which then replaces this one.
    if (application !== undefined) {
      importedOnce(application);
      MissingAdapter.standIn(application);
    }
    // A decorator's arguments are fixed before the options are known; Nest reads them only when it opens the server.
    WebSocketGateway({
      path: streamPath(options),
      transport: MEDIA_STREAM,
      ...streamServerOptions(options),
    })(this.constructor);
  }

  /** Takes the `ws` server; anything else is refused by {@link onModuleInit}. */
  afterInit(server: { handleUpgrade?: unknown; options?: ServerOptions }): void {
    if (typeof server.handleUpgrade !== 'function' || server.options === undefined) {
      this.serverFault =
        server instanceof MissingServer
          ? 'No WebSocket adapter is installed that carries media streams'
          : 'TwilioStreamGateway needs a ws server and got another one, such as one of socket.io';
      return;
    }
    if (!StreamUpgrades.opened(server))
      this.logger.warn(
        `Media streams go through the host's own WebSocket adapter, which parses each frame a second time: ${FIX}`,
      );
    server.options.verifyClient = (info, done) => {
      const refusal = this.check(info.req);
      if (refusal === undefined) done(true);
      else done(false, refusal, undefined, refusal === 403 ? {} : { 'Retry-After': '1' });
    };
  }

  /** @throws Error when the host's WebSocket adapter cannot carry media streams (`afterInit` cannot stop the boot) */
  onModuleInit(): void {
    if (this.serverFault !== undefined) throw new Error(`${this.serverFault}: ${FIX}`);
  }

  /** Decides about a handshake: the status to refuse it with, or undefined to accept it. */
  check(request: SignedRequest): HandshakeRefusal | undefined {
    const refusal = this.refusalOf(request);
    if (refusal === undefined) this.checked.add(request);
    else this.refuse(refusal);
    return refusal;
  }

  /** Attaches everything before it returns: an await first would lose `connected` and `start`. */
  handleConnection(client: StreamSocket, request: SignedRequest | IncomingMessage): void {
    // Not every adapter asks verifyClient.
    if (this.checked.has(request) || this.check(request) === undefined)
      this.streams.open(client, request.socket.remoteAddress);
    else client.close(1008, 'refused');
  }

  /** Ends a stream at once and closes its socket; false if it is not open here. */
  endStream(streamSid: string, reason: StreamEndReason): boolean {
    return this.streams.endStream(streamSid, reason);
  }

  async onModuleDestroy(): Promise<void> {
    await this.streams.drain();
  }

  private refusalOf(request: SignedRequest): HandshakeRefusal | undefined {
    if (!this.signatures.handshake(request)) return 403;
    if (!this.streams.hasRoomFor(request.socket.remoteAddress)) return 429;
    return this.streams.hasRoom ? undefined : 503;
  }

  private refuse(status: HandshakeRefusal): void {
    this.refused[status] += 1;
    if (this.refused[status] > 1) return;
    this.logger.warn(`A media stream was refused with ${status}, ${HINTS[status]} More are only counted.`);
  }
}

/** A gateway of one module: Nest reads a gateway's path from its class, which several applications would share. */
export function twilioStreamGateway(): Type<TwilioStreamGateway> {
  @Injectable()
  class MountedTwilioStreamGateway extends TwilioStreamGateway {}
  return MountedTwilioStreamGateway;
}
