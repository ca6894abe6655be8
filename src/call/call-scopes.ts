import { Inject, Injectable, Optional } from '@nestjs/common';
import { amidCall, CallLog } from './call-log.js';
import { CALL_SCOPE, type CallScope, surround } from './call-scope.js';
import { kindOfError } from './kind-of-error.js';
import type { VoiceCall } from './voice-call.js';

/** What surrounds the host's code in all calls: the host's own scope, and those of adapters around it. */
@Injectable()
export class CallScopes {
  private readonly log = new CallLog();
  private readonly scopes: CallScope[] = [];
  private told = false;

  /** @throws Error that names what a provider of the host's lacks */
  constructor(@Optional() @Inject(CALL_SCOPE) scope?: CallScope) {
    if (scope === undefined) return;
    if (typeof scope.run !== 'function') throw new Error('CALL_SCOPE must have a method run(work, task)');
    this.scopes.push(scope);
  }

  /** Puts a scope around those that are there. */
  add(scope: CallScope): void {
    this.scopes.unshift(scope);
  }

  /** From now on they surround the code of that call. */
  surround(call: VoiceCall): void {
    surround(call, {
      scopes: this.scopes,
      failed: (error, of) => {
        this.failed(error, of);
      },
    });
  }

  private failed(error: unknown, call: VoiceCall): void {
    if (this.told) return;
    this.told = true;
    this.log.error(
      amidCall(call),
      `CALL_SCOPE failed, what it surrounds runs all the same: ${kindOfError(error)}; more are not logged`,
    );
  }
}
