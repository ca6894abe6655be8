import { Injectable } from '@nestjs/common';
import { filter, type Observable, Subject } from 'rxjs';
import type { BusEvent } from './call-bus.js';

/** Something that another instance, or this one, told of a call whose stream is here. */
export interface CallTiding {
  readonly callSid: string;
  readonly event: BusEvent;
}

/** What `CallBus.tell` tells of the calls of this instance. */
@Injectable()
export class CallTidings {
  private readonly all = new Subject<CallTiding>();

  /** Those of one type, as they come. */
  of(type: string): Observable<CallTiding> {
    return this.all.pipe(filter(({ event }) => event.type === type));
  }

  told(callSid: string, event: BusEvent): void {
    this.all.next({ callSid, event });
  }
}
