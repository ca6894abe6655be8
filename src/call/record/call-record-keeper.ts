import { type BeforeApplicationShutdown, Inject, Injectable, Optional } from '@nestjs/common';
import { aboutCall, amidCall, CallLog } from '../call-log.js';
import { CallRegistry } from '../call-registry.js';
import { inScope } from '../call-scope.js';
import { CLOCK, type Clock } from '../clock.js';
import { forLog, REDACTOR, type Redactor, StandardRedactor } from '../redactor.js';
import type { CallEvent, VoiceCall } from '../voice-call.js';
import { within } from '../within.js';
import { CALL_RECORDS, type CallRecord, type CallRecordStore } from './call-record.js';
import { CallRecorder } from './call-recorder.js';

/** A store that has not answered by then is not waited for, ms. */
const STORE_MS = 10_000;

/** Records each call from its start, and hands the record over when it is over. Shutting down waits for the store. */
@Injectable()
export class CallRecordKeeper implements BeforeApplicationShutdown {
  private readonly logger = new CallLog();
  private readonly storing = new Set<Promise<void>>();

  /** @throws Error that names what a provider of the host's lacks */
  constructor(
    @Inject(CallRegistry) calls: Pick<CallRegistry, 'started$'>,
    @Inject(CLOCK) private readonly clock: Clock,
    @Optional() @Inject(CALL_RECORDS) private readonly store?: CallRecordStore,
    @Optional() @Inject(REDACTOR) private readonly redactor: Redactor = new StandardRedactor(),
  ) {
    if (typeof redactor.redact !== 'function')
      throw new Error('REDACTOR must have a method redact(text, place)');
    if (store === undefined) return;
    if (typeof store.store !== 'function') throw new Error('CALL_RECORDS must have a method store(record)');
    calls.started$.subscribe((call) => {
      this.follow(call);
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.storing);
  }

  private follow(call: VoiceCall): void {
    const recorder = new CallRecorder(call, this.clock.now(), this.clock.epoch(), this.redactor);
    call.events$.subscribe((event) => {
      this.note(call, recorder, event);
      if (event.type === 'ended') this.keep(call, recorder.record(event.reason, event.atMs));
    });
  }

  /** An agent may report anything: an event that cannot be read is left out, and harms nobody. */
  private note(call: VoiceCall, recorder: CallRecorder, event: CallEvent): void {
    try {
      recorder.add(event);
    } catch (error) {
      const kind = this.kindOf(error);
      this.logger.error(amidCall(call), `An event is not in its call's record: ${event.type}, ${kind}`);
    }
  }

  private keep(call: VoiceCall, record: CallRecord): void {
    const stored = this.stored(call, record).finally(() => this.storing.delete(stored));
    this.storing.add(stored);
  }

  /** Resolves whatever happens: a store must not harm a call, nor the end of the process. */
  private async stored(call: VoiceCall, record: CallRecord): Promise<void> {
    const late = () => `the store has not answered within ${STORE_MS} ms`;
    const problem = await within(this.problemOf(call, record), STORE_MS, this.clock, late);
    if (problem !== undefined) this.logger.error(aboutCall(record), `the record may be lost: ${problem}`);
  }

  private async problemOf(call: VoiceCall, record: CallRecord): Promise<string | undefined> {
    try {
      await inScope({ call }, () => this.store?.store(record));
      return undefined;
    } catch (error) {
      return this.kindOf(error);
    }
  }

  private kindOf(error: unknown): string {
    const { name } = Object(error) as { name?: unknown };
    return forLog(this.redactor, typeof name === 'string' ? name : typeof error);
  }
}
