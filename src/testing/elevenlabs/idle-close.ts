import { Alarm } from '../../call/alarm.js';
import type { PlacedFault } from './faults.js';
import type { ServerSocket } from './server-socket.js';
import type { ServerState } from './server-state.js';

const DEFAULT_IDLE_MS = 1_000;

/** The fault `close-idle` of one socket. */
export class IdleClose {
  readonly #socket: ServerSocket;
  readonly #alarm: Alarm;
  readonly #fault: PlacedFault<'socket'> | undefined;

  constructor({ faults, clock }: ServerState, socket: ServerSocket) {
    this.#socket = socket;
    this.#alarm = new Alarm(clock);
    this.#fault = faults.take('socket', socket.request.voiceId, (kind) => kind === 'close-idle');
  }

  /** Whether the socket has nothing to do from now on. */
  expect(isIdle: boolean): void {
    this.#alarm.stop();
    if (this.#fault === undefined || !isIdle) return;
    this.#alarm.set(this.#fault.after ?? DEFAULT_IDLE_MS, () => {
      this.#socket.close(1000);
    });
  }
}
