import { Inject, Injectable } from '@nestjs/common';
import { concat, type Observable, ReplaySubject } from 'rxjs';
import { CALL_CONTROL, type CallControl } from '../../call/call-control.js';
import {
  checkedDigits,
  checkedTarget,
  type ResolvedTransferTarget,
  type TransferTarget,
} from '../../call/handover.options.js';
import { NoSuchCallError } from '../../sharing/call-bus.js';
import type { CallHandle } from '../../sharing/call-handle.js';
import { LiveCalls } from '../../sharing/live-calls.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../../twilio-voice.options.js';
import type { CallbackEvent } from '../callbacks/callback-events.js';
import { TwilioCallbacks, untilOver } from '../callbacks/twilio-callbacks.js';
import { PublicUrls } from '../public-urls.js';
import { type NewCall, TwilioRest } from '../twilio-client.js';
import { checkedParameters } from '../twiml.js';
import { DialGuard } from './dial-guard.js';
import type { CallToPlace, PlacedCall } from './placed-call.js';
import { SealedContext } from './sealed-context.js';
import { asItWas, mayBeDone, TwilioCallError, twilioCallError } from './twilio-call-error.js';

const STATUS_EVENTS = ['initiated', 'ringing', 'answered', 'completed'];
/** Twilio's limit on a call is so much wider than ours, so that the goodbye is heard, s. */
const GOODBYE_S = 60;

/**
 * The host's commands about calls, whether their stream is at this instance, at another or at none. What Twilio refuses
 * is a TwilioCallError.
 */
@Injectable()
export class TwilioCallsService {
  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) private readonly options: ResolvedTwilioVoiceOptions,
    @Inject(CALL_CONTROL) private readonly control: CallControl,
    private readonly rest: TwilioRest,
    private readonly live: LiveCalls,
    private readonly callbacks: TwilioCallbacks,
    private readonly guard: DialGuard,
    private readonly contexts: SealedContext,
    private readonly urls: PublicUrls,
  ) {}

  /**
   * Calls somebody; when they pick up, the module's agent speaks.
   * @throws (rejects) DialRefusedError before Twilio is asked; TwilioCallError with Twilio's code when it refuses; Error
   *   that names a wrong parameter
   */
  async place(given: CallToPlace): Promise<PlacedCall> {
    const call = { ...given, parameters: { ...given.parameters } }; // what was allowed is what is dialled
    const { to, parameters } = call;
    const from = call.from ?? this.options.outbound.from;
    if (from === undefined)
      throw new TwilioCallError('not-configured', 'A call needs a number to be made from: outbound.from.');
    checkedParameters(parameters);
    const admitted = await this.guard.admit({ to, purpose: 'call', parameters });
    const client = await this.rest.client();
    if (client?.calls.create === undefined) {
      await admitted.notMade();
      throw notConfigured('place a call');
    }
    const early = this.early();
    try {
      const { sid } = await client.calls.create(this.request(call, from));
      return { callSid: sid, events$: early.of(sid) };
    } catch (cause) {
      const error = twilioCallError('place the call', cause);
      if (!mayBeDone(error)) await admitted.notMade();
      throw error;
    } finally {
      early.stop();
    }
  }

  /**
   * Ends a call at once; one that is over already is none to complain about. To let the agent say goodbye first, use
   * `LiveCalls.of(callSid).hangUp()`.
   */
  async hangUp(callSid: string): Promise<void> {
    await this.asked('hang up', () => this.control.hangUp(callSid));
  }

  /**
   * Connects the caller with somebody else. Of a call that has an agent, what is being said is heard first.
   * @param to a name of the option `transfers`, or a target; a number has to be one that `outbound` allows
   * @throws (rejects) Error when the target is wrong; DialRefusedError; InterruptedError when the caller speaks first;
   * TwilioCallError; BusUnavailableError when the instance of the call cannot be reached, or is not known
   */
  async transfer(callSid: string, to: string | TransferTarget): Promise<void> {
    const target = typeof to === 'string' ? this.named(to) : checkedTarget(to);
    const isOwnTarget = typeof to !== 'string' && target.to.startsWith('+');
    const admitted = isOwnTarget
      ? await this.guard.admit({ to: target.to, purpose: 'transfer', parameters: {} })
      : undefined;
    try {
      await this.atOwner(
        callSid,
        (call) => call.transfer(typeof to === 'string' ? to : target),
        () => this.asked('transfer the call', () => this.control.transfer?.(callSid, target) ?? false),
      );
    } catch (error) {
      if (!mayBeDone(error)) await admitted?.notMade();
      throw error;
    }
  }

  /**
   * Presses keys in a call.
   * @param keys 1 to 32 of `0-9A-D#*wW`; `w` waits 0.5 s, `W` 1 s
   * @throws (rejects) as {@link transfer}
   */
  async sendDigits(callSid: string, keys: string): Promise<void> {
    checkedDigits(keys);
    await this.atOwner(
      callSid,
      (call) => call.sendDigits(keys),
      () => this.asked('press keys', () => this.control.sendDigits?.(callSid, keys) ?? false),
    );
  }

  /** By the instance that has the stream: behind its back Twilio would take it away in the middle of a word. */
  private async atOwner(
    callSid: string,
    command: (call: CallHandle) => Promise<void>,
    atNetwork: () => Promise<void>,
  ): Promise<void> {
    try {
      await command(this.live.of(callSid));
    } catch (error) {
      if (!(error instanceof NoSuchCallError)) throw asItWas(error);
      await atNetwork();
    }
  }

  private request(call: CallToPlace, from: string): NewCall {
    const { to, parameters = {}, machineDetection, ringSeconds } = call;
    const { limits, outbound } = this.options;
    const url = new URL(this.urls.webhook('outgoing'));
    url.searchParams.set('context', this.contexts.seal(parameters));
    return {
      to,
      from,
      url: url.toString(),
      method: 'POST',
      statusCallback: this.urls.webhook('status'),
      statusCallbackEvent: STATUS_EVENTS,
      timeout: ringSeconds ?? outbound.ringSeconds,
      ...(limits.callMs === Infinity ? {} : { timeLimit: Math.ceil(limits.callMs / 1_000) + GOODBYE_S }),
      // Asynchronously: while Twilio listens for a machine, a human would hear nothing.
      ...(machineDetection === undefined
        ? {}
        : {
            machineDetection: machineDetection === 'start' ? 'Enable' : 'DetectMessageEnd',
            asyncAmd: 'true',
            asyncAmdStatusCallback: this.urls.webhook('answered-by'),
          }),
    };
  }

  /** Callbacks of a call may come before Twilio's answer that tells its sid. */
  private early(): { of(callSid: string): Observable<CallbackEvent>; stop(): void } {
    const seen: CallbackEvent[] = [];
    const subscription = this.callbacks.everywhere$.subscribe((event) => seen.push(event));
    return {
      of: (callSid) => {
        const events = new ReplaySubject<CallbackEvent>();
        const before = seen.filter((event) => event.callSid === callSid);
        concat(before, this.callbacks.of(callSid)).pipe(untilOver).subscribe(events);
        return events.asObservable();
      },
      stop: () => {
        subscription.unsubscribe();
      },
    };
  }

  private named(name: string): ResolvedTransferTarget {
    const { transfers } = this.options;
    const target = Object.hasOwn(transfers, name) ? transfers[name] : undefined;
    if (target === undefined)
      throw new Error(`transfer: there is no target of that name in the option transfers.`);
    return target;
  }

  private async asked(doing: string, task: () => Promise<boolean> | false): Promise<void> {
    let done: boolean;
    try {
      done = await task();
    } catch (error) {
      throw twilioCallError(doing, error);
    }
    if (!done) throw notConfigured(doing);
  }
}

const notConfigured = (doing: string): TwilioCallError =>
  new TwilioCallError('not-configured', `To ${doing}, accountSid and authToken are needed.`);
