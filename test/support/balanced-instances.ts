import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type INestApplication, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  CALL_RECORDS,
  type CallRecord,
  CallRegistry,
  type CallStatusEvent,
  MediaStreamAdapter,
  OnCallEvent,
  type Reply,
  SystemClock,
  type Turn,
  TwilioVoiceModule,
  type TwilioVoiceOptions,
  VOICE,
  type VoiceAgent,
  type VoiceCall,
} from '../../src/index.js';
import { redisSharing, type RedisSharingOptions } from '../../src/redis.js';
import {
  networkTransport,
  ScriptedVoice,
  seededRandom,
  SimulatedCall,
  type SimulatedCallOptions,
  twilioSignature,
} from '../../src/testing/index.js';
import { Balancer } from './balancer.js';
import { sleep } from './redis-server.js';

export const AUTH_TOKEN = '0123456789abcdef0123456789abcdef';
export const clock = new SystemClock();

/** From a request's arrival at the load balancer to the instance, at most, ms. */
const REQUESTS_MS = 2_000;

/** Each word names the call it is meant for. */
export const tagOf = (from: string): string => from.replace('+', 'caller');

@Injectable()
class NamingAgent implements VoiceAgent {
  onCallStart(call: VoiceCall): Reply {
    return words(call, 'greeting', 15);
  }

  reply({ call }: Turn): Reply {
    return words(call, 'reply', 3);
  }
}

/** So many words in sentences of five. */
function words({ parameters }: VoiceCall, what: string, count: number): string {
  const tag = tagOf(parameters['from'] ?? '');
  return Array.from(
    { length: count },
    (_, index) => `${tag}_${what}${index + 1}${index % 5 === 4 || index === count - 1 ? '.' : ''}`,
  ).join(' ');
}

/** What the host of an instance is told of calls. */
@Injectable()
export class Told {
  readonly statuses: CallStatusEvent[] = [];
  readonly ended: string[] = [];

  @OnCallEvent('call-status')
  onStatus(event: CallStatusEvent): void {
    this.statuses.push(event);
  }

  /** Utterances of which it is known what was heard, by the call. */
  readonly settled: string[] = [];

  @OnCallEvent('agent-settled')
  onSettled(_: unknown, call: VoiceCall | undefined): void {
    this.settled.push(call?.callSid ?? '');
  }

  @OnCallEvent('ended')
  onEnd(_: unknown, call: VoiceCall | undefined): void {
    this.ended.push(call?.callSid ?? '');
  }
}

/** One instance of the application: all that the same process would be. */
export class Instance {
  /** Calls whose stream began here, each time. */
  readonly served: string[] = [];

  constructor(
    readonly app: INestApplication,
    readonly voice: ScriptedVoice,
    readonly records: readonly CallRecord[],
    readonly logs: readonly string[],
  ) {
    this.registry.started$.subscribe(({ callSid }) => this.served.push(callSid));
  }

  get registry(): CallRegistry {
    return this.app.get(CallRegistry);
  }

  get told(): Told {
    return this.app.get(Told);
  }

  get port(): number {
    return ((this.app.getHttpServer() as Server).address() as AddressInfo).port;
  }
}

export interface InstancesOptions {
  readonly count: number;
  /** Undefined: they share nothing. */
  readonly redis: (Partial<RedisSharingOptions> & { readonly url: string }) | undefined;
  readonly seed?: number;
  readonly settings?: Omit<TwilioVoiceOptions, 'basePath'>;
}

/** Several instances of an application behind a load balancer. */
export class Instances {
  /** In order of their start; those that were stopped too. */
  readonly all: Instance[] = [];
  readonly random: () => number;
  readonly #options: InstancesOptions;
  readonly #transport = networkTransport();
  readonly #live = new Set<Instance>();
  #calls = 0;

  private constructor(
    readonly balancer: Balancer,
    options: InstancesOptions,
  ) {
    this.#options = options;
    this.random = seededRandom((options.seed ?? 1) + 1);
  }

  static async start(options: InstancesOptions): Promise<Instances> {
    const instances = new Instances(await Balancer.start(options.seed ?? 1), options);
    for (let index = 0; index < options.count; index++) await instances.startOne();
    return instances;
  }

  get live(): readonly Instance[] {
    return [...this.#live];
  }

  any(): Instance {
    const { live } = this;
    return live[Math.floor(this.random() * live.length)]!;
  }

  /** One that is not `instance`. */
  anyBut(instance: Instance): Instance {
    const others = this.live.filter((one) => one !== instance);
    return others[Math.floor(this.random() * others.length)]!;
  }

  /** The one whose stream a call has or had. */
  ownerOf({ callSid }: SimulatedCall): Instance {
    const owners = this.all.filter(({ served }) => served.includes(callSid));
    if (owners.length !== 1) throw new Error(`${owners.length} instances have had a stream of the call`);
    return owners[0]!;
  }

  /** The words of a call that were heard. */
  heard(call: SimulatedCall): string {
    const owner = this.all.find(({ served }) => served.includes(call.callSid));
    return owner?.voice.heard(call.heardBytes()) ?? '';
  }

  /** Utterances of a call of which it is known what was heard. */
  settled({ callSid }: SimulatedCall): number {
    return this.all.flatMap(({ told }) => told.settled).filter((one) => one === callSid).length;
  }

  /** Streams that a call has had. */
  served({ callSid }: SimulatedCall): number {
    return this.all.flatMap(({ served }) => served).filter((one) => one === callSid).length;
  }

  get records(): CallRecord[] {
    return this.all.flatMap(({ records }) => records);
  }

  get statuses(): CallStatusEvent[] {
    return this.all.flatMap(({ told }) => told.statuses);
  }

  async startOne(): Promise<Instance> {
    const { redis, settings } = this.#options;
    const voice = new ScriptedVoice(clock);
    const records: CallRecord[] = [];
    const logs: string[] = [];
    const log = (line: unknown) => void logs.push(String(line));
    const logger = { log: () => undefined, warn: log, error: log };
    const module = await Test.createTestingModule({
      imports: [
        TwilioVoiceModule.forRoot({
          agent: NamingAgent,
          publicUrl: this.balancer.url,
          authToken: AUTH_TOKEN,
          ...settings,
          conversation: { disclosure: '', ...settings?.conversation },
          providers: [
            Told,
            { provide: VOICE, useValue: voice },
            { provide: CALL_RECORDS, useValue: { store: (record: CallRecord) => void records.push(record) } },
            ...(redis === undefined
              ? []
              : redisSharing({ heartbeat: { everyMs: 500, expiresMs: 1_500 }, ...redis })),
          ],
        }),
      ],
    })
      .setLogger(logger)
      .compile();
    const app = module.createNestApplication({ logger });
    MediaStreamAdapter.install(app);
    await app.listen(0, '127.0.0.1');
    const instance = new Instance(app, voice, records, logs);
    this.all.push(instance);
    this.#live.add(instance);
    this.only();
    return instance;
  }

  /** As Kubernetes does with a preStop hook: it gets no more requests, and when those have come it is told to end. */
  async stopOne(instance: Instance): Promise<void> {
    this.#live.delete(instance);
    this.only();
    await sleep(REQUESTS_MS);
    await instance.app.close();
  }

  /** A call comes in; Twilio's side of it is on the other side of the load balancer. */
  dial(options: Partial<SimulatedCallOptions> = {}): SimulatedCall {
    const call = this.silent(options);
    call.dial(`${this.balancer.url}/voice/incoming`);
    return call;
  }

  /** A call that has not begun. */
  silent(options: Partial<SimulatedCallOptions> = {}): SimulatedCall {
    const from = `+1500555${String(++this.#calls).padStart(4, '0')}`;
    const network = { down: { delayMs: 20 }, up: { delayMs: 20 }, seed: this.#calls };
    const transport = this.#transport;
    return new SimulatedCall({ clock, transport, authToken: AUTH_TOKEN, from, network, ...options });
  }

  /** A callback of Twilio's. @returns the answer's status */
  async post(path: string, form: Record<string, string>, token?: string): Promise<number> {
    const url = `${this.balancer.url}/voice/${path}`;
    const headers = {
      'x-twilio-signature': twilioSignature(AUTH_TOKEN, url, form),
      ...(token === undefined ? {} : { 'i-twilio-idempotency-token': token }),
    };
    return (await this.#transport.post(url, form, headers)).status;
  }

  /** Requests go to this one only, or to any again. */
  only(instance?: Instance): void {
    this.balancer.targets = (instance === undefined ? this.live : [instance]).map(({ port }) => port);
  }

  async close(): Promise<void> {
    await Promise.all(this.live.map((instance) => this.stopOne(instance)));
    await this.balancer.close();
  }
}
