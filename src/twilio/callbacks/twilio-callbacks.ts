import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  defer,
  filter,
  type MonoTypeOperatorFunction,
  type Observable,
  Subject,
  takeUntil,
  takeWhile,
} from 'rxjs';
import { CLOCK, type Clock } from '../../call/clock.js';
import {
  CALL_STATUSES,
  type CallbackEvent,
  type CallStatus,
  type CallStatusEvent,
  TERMINAL_STATUSES,
} from './callback-events.js';
import { CallTracks } from './call-tracks.js';
import type { Form } from '../webhook-form.js';
import { ExpiringKeys } from './expiring-keys.js';
import type { ToldStatus } from './status-order.js';

/** A callback that is missing is waited for so long before what came after it is told, ms. */
const GAP_MS = 1_000;
/** Repeated callbacks are known for so long, ms: Twilio repeats within 15 s. */
const KEPT_MS = 600_000;
const CAPACITY = 20_000;

/** Results of a transfer that somebody took, or that the caller gave up. */
const CONNECTED = new Set([
  ...['completed', 'answered', 'canceled'], // of a call
  ...['bridged', 'bridging-in-process', 'hangup', 'leave', 'redirected'], // of a queue
]);

const STREAM_EVENTS = ['started', 'stopped', 'error'] as const;

/** What is told of one call, up to the state that ends it. */
export const untilOver: MonoTypeOperatorFunction<CallbackEvent> = takeWhile(
  (event) => !(event.type === 'call-status' && event.terminal),
  true,
);

/**
 * Twilio's callbacks, whatever the order they come in: each state once, none twice, to everybody who listens. Nobody
 * who listens can delay the answer to Twilio: what is told is told on another turn of the event loop.
 */
@Injectable()
export class TwilioCallbacks {
  private readonly logger = new Logger('TwilioVoice');
  private readonly told = new Subject<CallbackEvent>();
  private readonly tracks: CallTracks<Form>;
  private readonly seen: ExpiringKeys;
  private complained = false;

  constructor(@Inject(CLOCK) private readonly clock: Clock) {
    this.tracks = new CallTracks(clock, CAPACITY);
    this.seen = new ExpiringKeys(clock, KEPT_MS, CAPACITY);
  }

  /** Everything that Twilio tells by HTTP, of all calls. */
  get events$(): Observable<CallbackEvent> {
    return this.told.asObservable();
  }

  /**
   * What Twilio tells of one call from now on; completes behind the state that ends it, or when a day has passed
   * without one. A recording is mostly finished
   * later: that is among {@link events$}.
   */
  of(callSid: string): Observable<CallbackEvent> {
    return defer(() => {
      this.tracks.of(callSid); // from now on it can be forgotten
      return this.told.pipe(
        filter((event) => event.callSid === callSid),
        untilOver,
        takeUntil(this.tracks.forgotten$.pipe(filter((forgotten) => forgotten === callSid))),
      );
    });
  }

  /** The state of a call, as far as Twilio has told it. */
  statusOf(callSid: string): CallStatus | undefined {
    return this.tracks.find(callSid)?.order.status;
  }

  /**
   * @param token its `I-Twilio-Idempotency-Token`: a repeated request carries the same
   * @returns whether the call is over
   */
  callStatus(callSid: string, form: Form, token?: string): boolean {
    const status = CALL_STATUSES.find((one) => one === form['CallStatus']);
    if (status === undefined) {
      this.complain('CallStatus');
      return false;
    }
    if (this.isNew(token)) this.follow(callSid, status, form);
    return TERMINAL_STATUSES.has(status);
  }

  /** @returns what has become of the stream, if that is known */
  streamStatus(
    callSid: string,
    streamSid: string,
    form: Form,
    token?: string,
  ): (typeof STREAM_EVENTS)[number] | undefined {
    const event = STREAM_EVENTS.find((one) => form['StreamEvent'] === `stream-${one}`);
    if (event === undefined) this.complain('StreamEvent');
    else if (this.isNew(token, `${streamSid} ${event}`)) {
      const { StreamError: error } = form;
      const told = error === undefined ? {} : { error };
      this.tell({ type: 'stream-status', callSid, streamSid, event, ...told, fields: form });
    }
    return event;
  }

  answeredBy(callSid: string, form: Form, token?: string): void {
    const { AnsweredBy: answeredBy } = form;
    if (answeredBy === undefined) this.complain('AnsweredBy');
    else if (this.isNew(token, `${callSid} answered by ${answeredBy}`)) {
      const detectionMs = whole(form['MachineDetectionDuration']);
      const told = detectionMs === undefined ? {} : { detectionMs };
      this.tell({ type: 'answered-by', callSid, answeredBy, ...told, fields: form });
    }
  }

  recordingStatus(callSid: string, form: Form, token?: string): void {
    const { RecordingSid: recordingSid, RecordingStatus: status, RecordingUrl: url } = form;
    if (recordingSid === undefined || status === undefined) this.complain('RecordingSid or RecordingStatus');
    else if (this.isNew(token, `${recordingSid} ${status}`)) {
      const durationS = whole(form['RecordingDuration']);
      this.tell({
        type: 'recording-status',
        callSid,
        recordingSid,
        status,
        ...(url === undefined ? {} : { url }),
        ...(durationS === undefined ? {} : { durationS }),
        fields: form,
      });
    }
  }

  /** @returns whether the caller was connected, or gave up */
  transferred(callSid: string, form: Form, token?: string): boolean {
    const { DialCallStatus, QueueResult, DialCallSid = '', QueueTime = '' } = form;
    const result = DialCallStatus ?? QueueResult ?? 'unknown';
    const connected = CONNECTED.has(result);
    if (this.isNew(token, `${callSid} transferred ${DialCallSid} ${result} ${QueueTime}`)) {
      const durationS = whole(form['DialCallDuration']);
      const told = durationS === undefined ? {} : { durationS };
      this.tell({ type: 'transfer', callSid, result, connected, ...told, fields: form });
    }
    return connected;
  }

  private follow(callSid: string, status: CallStatus, form: Form): void {
    const track = this.tracks.of(callSid);
    const { order, gap } = track;
    this.tellStatuses(callSid, order.add({ status, sequence: whole(form['SequenceNumber']), details: form }));
    if (TERMINAL_STATUSES.has(status)) this.tracks.ended(track);
    if (!order.hasGap) gap.stop();
    else if (!gap.isSet)
      gap.set(GAP_MS, () => {
        this.tellStatuses(callSid, order.closeGap());
      });
  }

  private tellStatuses(callSid: string, statuses: readonly ToldStatus<Form>[]): void {
    for (const status of statuses) this.tell(statusEvent(callSid, status));
  }

  private tell(event: CallbackEvent): void {
    this.clock.after(0, () => {
      this.told.next(event);
    });
  }

  /** @param content what it says, for callbacks without a number of their own */
  private isNew(token: string | undefined, content?: string): boolean {
    const isNewToken = token === undefined || token === '' || this.seen.add(`token ${token}`);
    return isNewToken && (content === undefined || this.seen.add(content));
  }

  private complain(field: string): void {
    if (this.complained) return;
    this.complained = true;
    this.logger.warn(
      `A callback of Twilio's was skipped: ${field} is missing or unknown. More are not logged.`,
    );
  }
}

function statusEvent(callSid: string, { status, sequence, details }: ToldStatus<Form>): CallStatusEvent {
  const durationS = whole(details?.['CallDuration']);
  return {
    type: 'call-status',
    callSid,
    status,
    terminal: TERMINAL_STATUSES.has(status),
    ...(sequence === undefined ? {} : { sequence }),
    inferred: details === undefined,
    ...(durationS === undefined ? {} : { durationS }),
    fields: details ?? {},
  };
}

const whole = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
