import type { Clock } from '../call/clock.js';
import type { MediaSink } from '../call/stream.js';
import { NetworkLane, type LaneOptions } from './network-lane.js';
import { PlayoutBuffer } from './playout-buffer.js';

type Message = { readonly audio: Uint8Array } | { readonly mark: string } | 'clear';

/** Of the two directions of a {@link SimulatedLine}. */
export interface SimulatedLineOptions {
  /** From us to Twilio. */
  readonly down?: LaneOptions;
  /** From Twilio to us. */
  readonly up?: LaneOptions;
}

/** A media sink with a network and a caller's ear behind it, without sockets or JSON: for tests of playout itself. */
export class SimulatedLine implements MediaSink {
  readonly bufferedBytes = 0;
  readonly buffer: PlayoutBuffer;
  readonly down: NetworkLane<Message>;
  readonly up: NetworkLane<string>;
  /** When each `clear` took effect, ms on the clock. */
  readonly clearedAt: number[] = [];
  /** Called with each mark that comes back. */
  onMark: (name: string) => void = () => undefined;
  closed = false;
  sentBytes = 0;
  clearsSent = 0;

  constructor(clock: Clock, options: SimulatedLineOptions = {}) {
    this.up = new NetworkLane(clock, options.up ?? {}, (name) => {
      this.onMark(name);
    });
    this.buffer = new PlayoutBuffer(clock, (name) => {
      this.up.send(name);
    });
    this.down = new NetworkLane(clock, options.down ?? {}, (message) => {
      if (message === 'clear') {
        this.buffer.clear();
        this.clearedAt.push(clock.now());
      } else if ('mark' in message) this.buffer.mark(message.mark);
      else this.buffer.push(message.audio);
    });
  }

  media(audio: Uint8Array): void {
    this.sentBytes += audio.length;
    this.down.send({ audio });
  }

  mark(name: string): void {
    this.down.send({ mark: name });
  }

  clear(): void {
    this.clearsSent++;
    this.down.send('clear');
  }

  close(): void {
    this.closed = true;
  }
}
