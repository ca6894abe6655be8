import { Injectable, type OnModuleInit, type OnApplicationShutdown } from '@nestjs/common';
import { merge, type Subscription } from 'rxjs';
import type { BusEvent } from '../../sharing/call-bus.js';
import { Sharing } from '../../sharing/sharing.js';
import { OpenStreams } from '../open-streams.js';
import { StreamTokens } from '../stream-token.js';
import { StreamErrors } from './stream-errors.js';

/** What a callback ends, on whichever instance it is. */
type EndMessage =
  | { readonly type: 'call-over'; readonly callSid: string }
  | { readonly type: 'stream-stopped'; readonly callSid: string; readonly streamSid: string }
  | { readonly type: 'stream-failed'; readonly callSid: string; readonly streamSid: string };

/** Ends what Twilio's callbacks tell to be over: here at once, and where else it may be. Never throws nor rejects. */
@Injectable()
export class StreamEnds implements OnModuleInit, OnApplicationShutdown {
  private subscription: Subscription | undefined;

  constructor(
    private readonly streams: OpenStreams,
    private readonly tokens: StreamTokens,
    private readonly errors: StreamErrors,
    private readonly sharing: Sharing,
  ) {}

  onModuleInit(): void {
    this.subscription = merge(this.sharing.told$, this.sharing.broadcast$).subscribe((event) => {
      this.told(event);
    });
  }

  onApplicationShutdown(): void {
    this.subscription?.unsubscribe();
  }

  /** A call has ended: no stream of it goes on, or begins. */
  callOver(callSid: string): void {
    this.streams.endCall(callSid);
    if (this.sharing.shared === undefined) return;
    void this.tokens.revokeEverywhere(callSid);
    void this.sharing.broadcast({ type: 'call-over', callSid } satisfies EndMessage);
  }

  streamStopped(callSid: string, streamSid: string): void {
    if (this.streams.endStream(streamSid, 'stop')) return;
    void this.sharing.tellOwner(callSid, { type: 'stream-stopped', callSid, streamSid } satisfies EndMessage);
  }

  /** A stream failed at Twilio, which may leave its socket open for half a minute. */
  streamFailed(callSid: string, streamSid: string): void {
    void this.failed({ type: 'stream-failed', callSid, streamSid });
  }

  private async failed(message: EndMessage & { type: 'stream-failed' }): Promise<void> {
    const { callSid, streamSid } = message;
    const isElsewhere =
      this.sharing.shared !== undefined &&
      !this.streams.isOpen(streamSid) &&
      (await this.sharing.tellOwner(callSid, message)) !== undefined;
    if (!isElsewhere) await this.errors.failed(callSid, streamSid);
  }

  private told(event: BusEvent): void {
    const { type, callSid, streamSid } = event;
    if (typeof callSid !== 'string') return;
    if (type === 'call-over') this.streams.endCall(callSid);
    if (typeof streamSid !== 'string') return;
    if (type === 'stream-stopped') this.streams.endStream(streamSid, 'stop');
    if (type === 'stream-failed') void this.errors.failed(callSid, streamSid);
  }
}
