import type { Provider, Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  CallRegistry,
  CLOCK,
  TRANSCRIBER,
  type Transcriber,
  TwilioVoiceModule,
  type TwilioVoiceOptions,
  VOICE,
  VOICE_AGENT,
  type CallEvent,
  type Voice,
  type VoiceAgent,
} from '../../src/index.js';
import {
  moduleTransport,
  ScriptedVoice,
  SimulatedCall,
  type SimulatedCallOptions,
  type Transport,
  VirtualClock,
} from '../../src/testing/index.js';
import type { MediaStream } from '../../src/twilio/media-stream.js';
import { OpenStreams } from '../../src/twilio/open-streams.js';

const publicUrl = 'https://voice.example.com';
export const STREAM_URL = 'wss://voice.example.com/voice/stream';
export const AUTH_TOKEN = '0123456789abcdef';
/** 40 ± 15 ms each way. */
const NETWORK = { down: { delayMs: 40, jitterMs: 15 }, up: { delayMs: 40, jitterMs: 15 } };

export interface HostOptions<V extends Voice> {
  /** A class that Nest makes, or the agent itself. */
  readonly agent: Type<VoiceAgent> | ((clock: VirtualClock) => VoiceAgent);
  readonly voice?: (clock: VirtualClock) => V;
  readonly transcriber?: (clock: VirtualClock) => Transcriber;
  /** Settings of the module. */
  readonly settings?: Omit<TwilioVoiceOptions, 'basePath'>;
  /** More providers of the module. */
  readonly providers?: (clock: VirtualClock) => Provider[];
  /** Of another host, to live at the same time as it. */
  readonly clock?: VirtualClock;
  /** Of several hosts, where their streams are noted together. */
  readonly streams?: MediaStream[];
}

/** A host application of one instance or several, to be told apart by {@link instances} only. */
export interface AnyHost<V extends Voice = ScriptedVoice> extends Pick<
  Host<V>,
  'clock' | 'voice' | 'transport' | 'streams' | 'logs' | 'instances' | 'asked' | 'dial' | 'events'
> {
  readonly module: Pick<TestingModule, 'get' | 'close'>;
  readonly registry: Pick<CallRegistry, 'find' | 'started$'>;
}

/** A host application with the real module in it, in virtual time and without any network. */
export class Host<V extends Voice = ScriptedVoice> implements AnyHost<V> {
  readonly instances: readonly Host[] = [this as unknown as Host];

  /** What happened in each call, by its sid. */
  readonly happened = new Map<string, CallEvent[]>();
  readonly transport: Transport;
  readonly registry: CallRegistry;
  #calls = 0;

  private constructor(
    readonly clock: VirtualClock,
    readonly voice: V,
    readonly module: TestingModule,
    /** Warnings and errors that were logged. */
    readonly logs: readonly string[],
    /** Each stream's server side, in order of connection. */
    readonly streams: MediaStream[],
  ) {
    this.registry = module.get(CallRegistry);
    this.transport = moduleTransport(module);
    this.registry.started$.subscribe((call) => {
      const events: CallEvent[] = [];
      this.happened.set(call.callSid, events);
      call.events$.subscribe((event) => events.push(event));
    });
    const open = OpenStreams.prototype.open.bind(this.open);
    this.open.open = (socket) => {
      const stream = open(socket);
      this.streams.push(stream);
      return stream;
    };
  }

  static async boot<V extends Voice = ScriptedVoice>(options: HostOptions<V>): Promise<Host<V>> {
    const { clock = new VirtualClock() } = options;
    const voice = options.voice?.(clock) ?? (new ScriptedVoice(clock) as Voice as V);
    const agent = isClass(options.agent) ? options.agent : Nobody;
    const providers = [
      { provide: CLOCK, useValue: clock },
      { provide: VOICE, useValue: voice },
      ...(options.transcriber === undefined
        ? []
        : [{ provide: TRANSCRIBER, useValue: options.transcriber(clock) }]),
      ...(isClass(options.agent) ? [] : [{ provide: VOICE_AGENT, useValue: options.agent(clock) }]),
      ...(options.providers?.(clock) ?? []),
    ];
    const logs: string[] = [];
    const log = (line: unknown) => void logs.push(String(line));
    const module = await Test.createTestingModule({
      imports: [
        TwilioVoiceModule.forRoot({
          agent,
          providers,
          publicUrl,
          authToken: AUTH_TOKEN,
          drain: { graceMs: 0 }, // most tests close the module in the middle of things
          ...options.settings,
          conversation: { disclosure: '', ...options.settings?.conversation },
        }),
      ],
    })
      .setLogger({ log: () => undefined, warn: log, error: log })
      .compile();
    await module.init();
    return new Host(clock, voice, module, logs, options.streams ?? []);
  }

  /** How many instances webhooks came to. */
  get asked(): number {
    return this.instances.length;
  }

  get open(): OpenStreams {
    return this.module.get(OpenStreams);
  }

  /** A call comes in and follows the real TwiML; each has a network of its own seed. */
  dial(options: Partial<SimulatedCallOptions> = {}, webhook = `${publicUrl}/voice/incoming`): SimulatedCall {
    const { clock, transport } = this;
    const network = { ...NETWORK, seed: ++this.#calls };
    const call = new SimulatedCall({ clock, transport, authToken: AUTH_TOKEN, network, ...options });
    call.dial(webhook);
    return call;
  }

  events(call: SimulatedCall): CallEvent[] {
    return this.happened.get(call.callSid) ?? [];
  }
}

class Nobody implements VoiceAgent {
  reply(): string {
    return '';
  }
}

export function isClass(agent: HostOptions<Voice>['agent']): agent is Type<VoiceAgent> {
  return /^class\b/.test(Function.prototype.toString.call(agent));
}
