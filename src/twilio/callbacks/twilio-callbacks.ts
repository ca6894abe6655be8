import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleInit,
  Optional,
} from '@nestjs/common';
import {
  defer,
  filter,
  type MonoTypeOperatorFunction,
  type Observable,
  Subject,
  type Subscription,
  takeUntil,
  takeWhile,
} from 'rxjs';
import { CLOCK, type Clock } from '../../call/clock.js';
import { Sharing } from '../../sharing/sharing.js';
import { CALL_STATUSES, type CallbackEvent, type CallStatus, TERMINAL_STATUSES } from './callback-events.js';
import { CallStatuses, whole } from './call-statuses.js';
import { CallbackDelivery } from './callback-delivery.js';
import type { Form } from '../webhook-form.js';
import { SharedKeys } from './shared-keys.js';

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
 * Twilio's callbacks, whatever the order they come in, and to which instance: each state once, none twice, to everybody
 * who listens. Nobody who listens can delay the answer to Twilio: what is told is told on another turn of the event loop.
 */
@Injectable()
export class TwilioCallbacks implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('TwilioVoice');
  /** On every instance. */
  private readonly told = new Subject<CallbackEvent>();
  private readonly toldOnce = new Subject<CallbackEvent>();
  private readonly seen: SharedKeys;
  private readonly statuses: CallStatuses;
  private readonly delivery: CallbackDelivery;
  /** What other instances have to be asked about first. */
  private readonly underWay = new Set<Promise<void>>();
  private listening: Subscription | undefined;
  private complained = false;

  constructor(@Inject(CLOCK) clock: Clock, @Optional() sharing: Sharing = new Sharing()) {
    this.seen = new SharedKeys(sharing, clock, 'callback', KEPT_MS, CAPACITY);
    this.delivery = new CallbackDelivery(sharing, clock, {
      everywhere: (event) => {
        this.statuses.heard(event);
        this.told.next(event);
      },
      once: (event) => {
        this.toldOnce.next(event);
      },
      orderOf: (callSid) => this.statuses.track(callSid).told,
    });
    this.statuses = new CallStatuses(clock, CAPACITY, sharing, {
      tell: (telling) => this.delivery.tell(telling),
      run: (task) => {
        this.run(task);
      },
    });
  }

  onModuleInit(): void {
    this.listening = this.delivery.listen();
  }

  /** What was answered is told. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.underWay);
  }

  onApplicationShutdown(): void {
    this.listening?.unsubscribe();
  }

  /**
   * What Twilio tells by HTTP, of all calls. Of several instances one is told: that with the call's stream, else the one
   * that Twilio has told.
   */
  get events$(): Observable<CallbackEvent> {
    return this.toldOnce.asObservable();
  }

  /** As {@link events$}, on every instance. */
  get everywhere$(): Observable<CallbackEvent> {
    return this.told.asObservable();
  }

  /**
   * What Twilio tells of one call from now on; completes behind the state that ends it, or when a day has passed
   * without one. A recording is mostly finished
   * later: that is among {@link events$}.
   */
  of(callSid: string): Observable<CallbackEvent> {
    return defer(() => {
      this.statuses.track(callSid); // from now on it can be forgotten
      return this.told.pipe(
        filter((event) => event.callSid === callSid),
        untilOver,
        takeUntil(this.statuses.forgotten$.pipe(filter((forgotten) => forgotten === callSid))),
      );
    });
  }

  /** The state of a call, as far as Twilio has told it. */
  statusOf(callSid: string): CallStatus | undefined {
    return this.statuses.of(callSid);
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
    this.ifNew(token, undefined, () => this.statuses.follow(callSid, status, form));
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
    else {
      const { StreamError: error } = form;
      const told = error === undefined ? {} : { error };
      this.ifNew(token, `${streamSid} ${event}`, () =>
        this.tell({ type: 'stream-status', callSid, streamSid, event, ...told, fields: form }),
      );
    }
    return event;
  }

  answeredBy(callSid: string, form: Form, token?: string): void {
    const { AnsweredBy: answeredBy } = form;
    if (answeredBy === undefined) this.complain('AnsweredBy');
    else {
      const detectionMs = whole(form['MachineDetectionDuration']);
      const told = detectionMs === undefined ? {} : { detectionMs };
      this.ifNew(token, `${callSid} answered by ${answeredBy}`, () =>
        this.tell({ type: 'answered-by', callSid, answeredBy, ...told, fields: form }),
      );
    }
  }

  recordingStatus(callSid: string, form: Form, token?: string): void {
    const { RecordingSid: recordingSid, RecordingStatus: status, RecordingUrl: url } = form;
    if (recordingSid === undefined || status === undefined) this.complain('RecordingSid or RecordingStatus');
    else {
      const durationS = whole(form['RecordingDuration']);
      this.ifNew(token, `${recordingSid} ${status}`, () =>
        this.tell({
          type: 'recording-status',
          callSid,
          recordingSid,
          status,
          ...(url === undefined ? {} : { url }),
          ...(durationS === undefined ? {} : { durationS }),
          fields: form,
        }),
      );
    }
  }

  /** @returns whether the caller was connected, or gave up */
  transferred(callSid: string, form: Form, token?: string): boolean {
    const { DialCallStatus, QueueResult, DialCallSid = '', QueueTime = '' } = form;
    const result = DialCallStatus ?? QueueResult ?? 'unknown';
    const connected = CONNECTED.has(result);
    const durationS = whole(form['DialCallDuration']);
    const told = durationS === undefined ? {} : { durationS };
    this.ifNew(token, `${callSid} transferred ${DialCallSid} ${result} ${QueueTime}`, () =>
      this.tell({ type: 'transfer', callSid, result, connected, ...told, fields: form }),
    );
    return connected;
  }

  private tell(event: CallbackEvent): Promise<void> | undefined {
    return this.delivery.tell({ callSid: event.callSid, events: [event] });
  }

  /** @param content what it says, for callbacks without a number of their own */
  private ifNew(
    token: string | undefined,
    content: string | undefined,
    task: () => Promise<void> | undefined,
  ): void {
    const keys = [token === undefined || token === '' ? undefined : `token ${token}`, content];
    const added = this.addAll(keys.filter((key) => key !== undefined));
    if (added === true) this.run(task());
    else if (added !== false)
      this.run(
        added.then(async (isNew) => {
          if (isNew) await task();
        }),
      );
  }

  /** @returns whether none of them was known; the others are not added then */
  private addAll([key, ...others]: readonly string[]): boolean | Promise<boolean> {
    if (key === undefined) return true;
    const added = this.seen.add(key);
    if (typeof added === 'boolean') return added && this.addAll(others);
    return added.then((isNew) => isNew && this.addAll(others));
  }

  private run(task: Promise<void> | undefined): void {
    if (task === undefined) return;
    const settled: Promise<void> = task
      .catch((error: unknown) => {
        const { name } = Object(error) as { name?: unknown };
        this.logger.error(
          `A callback of Twilio's was not told: ${typeof name === 'string' ? name : typeof error}`,
        );
      })
      .finally(() => this.underWay.delete(settled));
    this.underWay.add(settled);
  }

  private complain(field: string): void {
    if (this.complained) return;
    this.complained = true;
    this.logger.warn(
      `A callback of Twilio's was skipped: ${field} is missing or unknown. More are not logged.`,
    );
  }
}
