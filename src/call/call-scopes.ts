import { Inject, Injectable, Optional } from '@nestjs/common';
import { amidCall, CallLog } from './call-log.js';
import { CALL_SCOPE, type CallScope, surround } from './call-scope.js';
import { kindOfError } from './kind-of-error.js';
import type { StreamStart } from './stream.js';
import type { VoiceCall } from './voice-call.js';

/** What surrounds the host's code in all calls: the host's own scope, and those of adapters around it. */
@Injectable()
export class CallScopes {
  private readonly log = new CallLog();
  private readonly scopes: CallScope[] = [];
  private readonly origins = new WeakMap<VoiceCall, string>();
  private originNow: () => string | undefined = () => undefined;
  private told = false;

  /** @throws Error that names what a provider of the host's lacks */
  constructor(@Optional() @Inject(CALL_SCOPE) scope?: CallScope) {
    if (scope === undefined) return;
    if (typeof (Object(scope) as Partial<CallScope>).run !== 'function')
      throw new Error('CALL_SCOPE must have a method run(work, task)');
    this.scopes.push(scope);
  }

  /** Puts a scope around those that are there. */
  add(scope: CallScope): void {
    this.scopes.unshift(scope);
  }

  /**
   * Sends word of where a webhook is answered along with its call.
   * @param origin printable, of at most 100 characters
   */
  carry(origin: () => string | undefined): void {
    this.originNow = origin;
  }

  /** What is to be sent along with a call that is being answered. */
  get origin(): string | undefined {
    try {
      return this.originNow();
    } catch {
      return undefined; // what is said of a call must not cost it
    }
  }

  /** What was sent along with the call, perhaps by another process; as it came from outside, it proves nothing. */
  originOf(call: VoiceCall): string | undefined {
    return this.origins.get(call);
  }

  /** From now on they surround the code of that call. */
  surround(call: VoiceCall, { origin }: Pick<StreamStart, 'origin'> = {}): void {
    if (origin !== undefined) this.origins.set(call, origin);
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
