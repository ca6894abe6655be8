import type { INestApplication, LoggerService, ModuleMetadata, Provider, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  type CallEvent,
  CallRegistry,
  CLOCK,
  MediaStreamAdapter,
  TRANSCRIBER,
  TWILIO_CLIENT,
  TwilioVoiceModule,
  type TwilioVoiceOptions,
  VOICE,
  type VoiceAgent,
  type VoiceTool,
} from '../../src/index.js';
import {
  OpenAiAgent,
  openAiAgentOptions,
  type OpenAiAgentOptions,
} from '../../src/conversation/openai/index.js';
import {
  type ChatRequest,
  networkTransport,
  OpenAiServer,
  ScaledClock,
  ScriptedTranscriber,
  ScriptedVoice,
  SimulatedCall,
  type SimulatedCallOptions,
} from '../../src/testing/index.js';
import { LocalTwilio } from './local-twilio.js';
import { freePort } from './free-port.js';

const AUTH_TOKEN = '0123456789abcdef';

export interface ModelHostOptions {
  /** What the caller says, turn by turn. */
  readonly says: readonly string[];
  readonly tools?: readonly Type<VoiceTool>[];
  /** More agents. */
  readonly agents?: readonly Type<VoiceAgent>[];
  /** Modules of the application beside this one. */
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  /** More providers, such as what the tools inject. */
  readonly providers?: Provider[];
  readonly agent?: Partial<OpenAiAgentOptions>;
  /** What takes the place of `OpenAiAgent`. */
  readonly agentClass?: Type<VoiceAgent>;
  readonly settings?: Omit<TwilioVoiceOptions, 'basePath'>;
  /** ms per real ms, 4 by default. */
  readonly speed?: number;
}

export interface LogLine {
  readonly level: string;
  readonly text: string;
}

/**
 * A backend with the real module on a real port, called over real sockets; its language model and Twilio's REST API are
 * servers on this machine, which the real SDKs talk to.
 */
export class ModelHost {
  readonly events: CallEvent[] = [];
  call!: SimulatedCall;
  readonly #url: string;
  #calls = 0;

  private constructor(
    readonly clock: ScaledClock,
    readonly app: INestApplication,
    readonly model: OpenAiServer,
    readonly twilio: LocalTwilio,
    readonly voice: ScriptedVoice,
    readonly logs: LogLine[],
    url: string,
  ) {
    this.#url = url;
    app.get(CallRegistry, { strict: false }).started$.subscribe((call) => {
      call.events$.subscribe((event) => this.events.push(event));
    });
  }

  static async boot(options: ModelHostOptions): Promise<ModelHost> {
    const clock = new ScaledClock(options.speed ?? 4);
    const scenario = { firstTokenMs: [60, 90], tokenMs: [5, 10] } as const;
    const model = await OpenAiServer.start({ clock, scenario });
    const twilio = await LocalTwilio.start();
    const voice = new ScriptedVoice(clock);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const { tools = [], agent = {}, agents = [], settings = {} } = options;
    const logs: LogLine[] = [];
    const module = await Test.createTestingModule({
      imports: [
        TwilioVoiceModule.forRoot({
          agent: options.agentClass ?? OpenAiAgent,
          agents,
          publicUrl: url,
          authToken: AUTH_TOKEN,
          ...settings,
          // A script is taken in the order of the requests, and one for a guess would take what the turn is to get.
          conversation: { disclosure: '', preemptive: 'off', ...settings.conversation },
          limits: { callMs: Infinity, ...settings.limits }, // else each call begins with a request to Twilio
          providers: [
            { provide: CLOCK, useValue: clock },
            { provide: VOICE, useValue: voice },
            { provide: TRANSCRIBER, useValue: new ScriptedTranscriber(clock, { utterances: options.says }) },
            { provide: TWILIO_CLIENT, useValue: twilio.client },
            ...(options.providers ?? []),
            ...openAiAgentOptions({ apiKey: 'any', baseUrl: model.url, tools, ...agent }),
          ],
        }),
        ...(options.imports ?? []),
      ],
    }).compile();
    const app = module.createNestApplication({ logger: collecting(logs) });
    MediaStreamAdapter.install(app);
    await app.listen(port, '127.0.0.1');
    return new ModelHost(clock, app, model, twilio, voice, logs, url);
  }

  /** The call is over, and nothing of it counts any more: the next may come in. */
  async hangUp(): Promise<void> {
    this.call.hangUp();
    await this.until('the end of the call', () => this.app.get(CallRegistry, { strict: false }).size === 0);
    this.events.length = 0;
    this.logs.length = 0;
    this.twilio.requests.length = 0;
    this.model.clearJournal();
  }

  /** A call comes in. */
  async dial(own: Partial<SimulatedCallOptions> = {}): Promise<SimulatedCall> {
    const call = new SimulatedCall({
      clock: this.clock,
      transport: networkTransport(),
      authToken: AUTH_TOKEN,
      from: `+1500555${1_000 + ++this.#calls}`, // one number that calls again and again would be refused
      ...own,
    });
    this.call = call;
    this.twilio.carries(call);
    call.dial(`${this.#url}/voice/incoming`);
    await call.connected;
    await this.clock.pass(300);
    return call;
  }

  /** The caller says the next thing, and the turn ends. */
  async turn(): Promise<void> {
    const before = this.of('turn').length;
    this.call.speak(1_200);
    await this.until('the end of the turn', () => this.of('turn').length > before);
  }

  /** The agent has said what it had to say. */
  async quiet(): Promise<void> {
    const before = this.of('agent-settled').length;
    await this.until('the end of the answer', () => this.of('agent-settled').length > before);
    await this.clock.pass(700); // the echo guard would take the caller's next words for ours
  }

  /** A turn, and its answer to the end. */
  async exchange(): Promise<void> {
    const before = this.of('agent-settled').length;
    await this.turn();
    await this.until('the end of the answer', () => this.of('agent-settled').length > before);
    await this.clock.pass(700);
  }

  of<T extends CallEvent['type']>(type: T): (CallEvent & { readonly type: T })[] {
    return this.events.filter((event): event is CallEvent & { readonly type: T } => event.type === type);
  }

  /** What tools did: `name state`. */
  get toolSteps(): string[] {
    return this.of('tool').map(({ tool }) => `${tool.name} ${tool.state}`);
  }

  /** What the agent was heard to say. */
  get heard(): string[] {
    return this.of('history').flatMap(({ entry }) => (entry.role === 'agent' ? [entry.text.trim()] : []));
  }

  /** Messages of a request to the model; the last by default. */
  messages(index = -1): ChatRequest['messages'] {
    return (this.model.journal.at(index)?.body as ChatRequest).messages;
  }

  async until(what: string, isTrue: () => boolean, withinMs = 30_000): Promise<void> {
    const end = this.clock.now() + withinMs;
    while (!isTrue()) {
      if (this.clock.now() > end) throw new Error(`waited ${withinMs} ms in vain for: ${what}`);
      await this.clock.pass(10);
    }
  }

  async close(): Promise<void> {
    this.call.hangUp();
    await this.clock.pass(100);
    await this.app.close();
    await this.model.close();
    this.twilio.close();
  }
}

function collecting(logs: LogLine[]): LoggerService {
  const at = (level: string) => (text: unknown) => void logs.push({ level, text: String(text) });
  return {
    log: at('log'),
    error: at('error'),
    warn: at('warn'),
    debug: at('debug'),
    verbose: at('verbose'),
    fatal: at('fatal'),
  };
}
