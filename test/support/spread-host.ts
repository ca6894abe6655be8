import { merge } from 'rxjs';
import type { Voice } from '../../src/index.js';
import {
  ScriptedVoice,
  seededRandom,
  type SimulatedCall,
  type SimulatedCallOptions,
  type Transport,
  VirtualClock,
} from '../../src/testing/index.js';
import { type AnyHost, Host, type HostOptions, isClass } from './host.js';
import { SharedMemory } from './shared-memory/shared-memory.js';

/** Until all instances can reach each other, ms. */
const MEETING_MS = 5;

/**
 * Three instances of a host application, in virtual time. Each webhook, each stream and each command of the host's goes
 * to any of them; the agent, the voice and what the host provides as a value are the same in all.
 */
export class SpreadHost<V extends Voice = ScriptedVoice> implements AnyHost<V> {
  readonly transport: Transport;
  readonly module: AnyHost['module'];
  readonly registry: AnyHost['registry'];
  readonly #asked = new Set<Host>();
  readonly #random: () => number;

  private constructor(
    readonly instances: readonly Host[],
    readonly voice: V,
    seed: number,
  ) {
    this.#random = seededRandom(seed);
    this.transport = {
      post: (...request) => {
        const instance = this.#any(instances);
        this.#asked.add(instance);
        return instance.transport.post(...request);
      },
      connect: (...socket) => this.#any(instances).transport.connect(...socket),
    };
    this.registry = {
      find: (callSid) => instances.map(({ registry }) => registry.find(callSid)).find(Boolean),
      started$: merge(...instances.map(({ registry }) => registry.started$)),
    };
    const get = (token: symbol) => this.#anyOf(instances.map(({ module }) => module.get<object>(token)));
    this.module = { get: get as AnyHost['module']['get'], close: () => this.#close() };
  }

  /** @param seed of where everything goes, and how long it takes */
  static async boot<V extends Voice = ScriptedVoice>(
    options: HostOptions<V>,
    seed = 1,
  ): Promise<SpreadHost<V>> {
    const { clock = new VirtualClock() } = options;
    const memory = new SharedMemory(clock, seed);
    const voice = options.voice?.(clock) ?? (new ScriptedVoice(clock) as Voice as V);
    const agent = isClass(options.agent) ? undefined : options.agent(clock);
    const own = options.providers?.(clock) ?? [];
    const shared = { clock, voice: () => voice, streams: [], ...(agent && { agent: () => agent }) };
    const providers = () => [...memory.providers(), ...own];
    const boot = () => Host.boot<V>({ ...options, ...shared, providers });
    const instances = [await boot(), await boot(), await boot()];
    await clock.advance(MEETING_MS);
    return new SpreadHost(instances as unknown as Host[], voice, seed);
  }

  get clock(): VirtualClock {
    return this.#first.clock;
  }

  get streams(): Host['streams'] {
    return this.#first.streams;
  }

  /** Of all instances, as Nest has one logger for the process. */
  get logs(): readonly string[] {
    return this.instances.flatMap(({ logs }) => logs);
  }

  get asked(): number {
    return this.#asked.size;
  }

  dial(options: Partial<SimulatedCallOptions> = {}, webhook?: string): SimulatedCall {
    return this.#first.dial({ transport: this.transport, ...options }, webhook);
  }

  events(call: SimulatedCall): ReturnType<Host['events']> {
    return this.instances.flatMap((instance) => instance.events(call));
  }

  get #first(): Host {
    return this.instances[0]!;
  }

  #any<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random() * all.length)]!;
  }

  /** A service whose methods are those of any instance, call by call. */
  #anyOf<T extends object>(services: readonly T[]): T {
    return new Proxy(services[0]!, {
      get: (first, name) => {
        const value: unknown = Reflect.get(first, name);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]) => {
          const service = this.#any(services);
          return (Reflect.get(service, name) as (...given: unknown[]) => unknown).apply(service, given);
        };
      },
    });
  }

  async #close(): Promise<void> {
    await Promise.all(this.instances.map(({ module }) => module.close()));
  }
}
