import type { Clock } from '../call/clock.js';
import { NetworkLane } from './network-lane.js';
import { seededRandom } from './random.js';

/** One direction. */
export interface DirectionOptions {
  /** One-way delay, ms. */
  readonly delayMs?: number;
  /** The delay varies evenly within plus or minus this, ms. */
  readonly jitterMs?: number;
}

/** The network between Twilio and the server. */
export interface NetworkOptions {
  /** From the server to Twilio. */
  readonly down?: DirectionOptions;
  /** From Twilio to the server. */
  readonly up?: DirectionOptions;
  /** Of the jitter. */
  readonly seed?: number;
}

type Arrival = () => void;

const arrive = (arrival: Arrival) => {
  arrival();
};

/** The way between Twilio and the server: a socket in each direction, and one more for HTTP requests. */
export class SimulatedNetwork {
  readonly up: NetworkLane<Arrival>;
  readonly down: NetworkLane<Arrival>;
  readonly #requests: NetworkLane<Arrival>;
  readonly #answers: NetworkLane<Arrival>;

  constructor(clock: Clock, options: NetworkOptions = {}) {
    const random = seededRandom(options.seed ?? 1);
    this.up = new NetworkLane(clock, { ...options.up, random }, arrive);
    this.down = new NetworkLane(clock, { ...options.down, random }, arrive);
    this.#requests = new NetworkLane(clock, { ...options.up, random }, arrive);
    this.#answers = new NetworkLane(clock, { ...options.down, random }, arrive);
  }

  /** An HTTP exchange: the request travels up, its answer down. */
  async exchange<T>(work: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      this.#requests.send(resolve);
    });
    try {
      return await work();
    } finally {
      await new Promise<void>((resolve) => {
        this.#answers.send(resolve);
      });
    }
  }
}
