import { Inject, Injectable } from '@nestjs/common';
import { CALL_BUS, type CallBus } from '../sharing/call-bus.js';
import { obey } from '../sharing/call-commands.js';
import { CALL_DIRECTORY, type CallDirectory, type CallFacts } from '../sharing/call-directory.js';
import { CallTidings } from '../sharing/call-tidings.js';
import { CallRegistry } from './call-registry.js';
import type { VoiceCall } from './voice-call.js';

/** Makes the calls of this instance known to all instances while they last, and does what is asked of them. */
@Injectable()
export class ServedCalls {
  constructor(
    @Inject(CallRegistry) private readonly registry: Pick<CallRegistry, 'started$' | 'displaced'>,
    @Inject(CALL_BUS) private readonly bus: Pick<CallBus, 'serve'>,
    @Inject(CALL_DIRECTORY) private readonly directory: Pick<CallDirectory, 'enter' | 'leave'>,
    private readonly tidings: CallTidings,
  ) {
    registry.started$.subscribe((call) => {
      this.serve(call);
    });
  }

  private serve(call: VoiceCall): void {
    const { callSid } = call;
    const stop = this.bus.serve(callSid, {
      execute: (command) => obey(call, command),
      told: (event) => {
        this.tidings.told(callSid, event);
      },
      displaced: () => {
        this.registry.displaced(call);
      },
    });
    void this.directory.enter(callSid, factsOf(call));
    call.events$.subscribe({
      complete: () => {
        stop();
        void this.directory.leave(callSid);
      },
    });
  }
}

/** No telephone numbers: whoever may list calls need not know who calls. */
function factsOf({ agent, parameters: { direction } }: VoiceCall): CallFacts {
  return { ...(agent === undefined ? {} : { agent }), ...(direction === undefined ? {} : { direction }) };
}
