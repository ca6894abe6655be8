import { Test, type TestingModule } from '@nestjs/testing';
import {
  CallRegistry,
  CLOCK,
  FALLBACK_VOICE,
  TwilioVoiceModule,
  type TwilioVoiceOptions,
  VOICE_AGENT,
  type CallEvent,
  type Voice,
  type VoiceAgent,
} from '../../src/index.js';
import {
  ElevenLabsServer,
  type ElevenLabsServerOptions,
  moduleTransport,
  ScaledClock,
  ScriptedVoice,
  SimulatedCall,
} from '../../src/testing/index.js';
import { elevenLabsTranscriber } from '../../src/listening/elevenlabs/index.js';
import { type ElevenLabsOptions, elevenLabsVoice } from '../../src/tts/elevenlabs/index.js';

const PUBLIC_URL = 'https://voice.example.com';
const AUTH_TOKEN = '0123456789abcdef';
export const KEY = 'sk_test';
export const VOICE_ID = 'anna';

export interface ElevenLabsHostOptions {
  readonly agent: (clock: ScaledClock) => VoiceAgent;
  /** ms per real ms; 4 by default. */
  readonly speed?: number;
  readonly server?: ElevenLabsServerOptions;
  readonly voice?: Partial<ElevenLabsOptions>;
  readonly settings?: Pick<TwilioVoiceOptions, 'conversation' | 'listening' | 'playout'>;
  /** Whether ElevenLabs transcribes as well. */
  readonly transcribes?: boolean;
  /** Speaks when ElevenLabs cannot: `undefined` leaves only the closing line. */
  readonly fallback?: (clock: ScaledClock) => Voice | undefined;
}

/** A host with the real module and the ElevenLabs voice in it, and a faithful ElevenLabs at its other end. */
export class ElevenLabsHost {
  readonly events = new Map<string, CallEvent[]>();
  readonly #calls: SimulatedCall[] = [];

  private constructor(
    readonly clock: ScaledClock,
    readonly server: ElevenLabsServer,
    readonly module: TestingModule,
    readonly logs: readonly string[],
  ) {
    module.get(CallRegistry).started$.subscribe((call) => {
      const events: CallEvent[] = [];
      this.events.set(call.callSid, events);
      call.events$.subscribe((event) => events.push(event));
    });
  }

  static async boot(options: ElevenLabsHostOptions): Promise<ElevenLabsHost> {
    const clock = new ScaledClock(options.speed ?? 4);
    const server = await ElevenLabsServer.start({ clock, apiKey: KEY, ...options.server });
    const fallback = options.fallback ?? ((time: ScaledClock) => new ScriptedVoice(time));
    const voice = { apiKey: KEY, voiceId: VOICE_ID, baseUrl: server.url, ...options.voice };
    const logs: string[] = [];
    const log = (line: unknown) => void logs.push(String(line));
    const module = await Test.createTestingModule({
      imports: [
        TwilioVoiceModule.forRoot({
          agent: NoAgent,
          publicUrl: PUBLIC_URL,
          authToken: AUTH_TOKEN,
          ...options.settings,
          conversation: { disclosure: '', ...options.settings?.conversation },
          providers: [
            { provide: CLOCK, useValue: clock },
            { provide: VOICE_AGENT, useValue: options.agent(clock) },
            ...elevenLabsVoice(voice),
            ...(options.transcribes === true
              ? elevenLabsTranscriber({ apiKey: KEY, baseUrl: server.url })
              : []),
            { provide: FALLBACK_VOICE, useValue: fallback(clock) },
          ],
        }),
      ],
    })
      .setLogger({ log: () => undefined, warn: log, error: log })
      .compile();
    await module.init();
    return new ElevenLabsHost(clock, server, module, logs);
  }

  dial(): SimulatedCall {
    const { clock } = this;
    const call = new SimulatedCall({ clock, transport: moduleTransport(this.module), authToken: AUTH_TOKEN });
    call.dial(`${PUBLIC_URL}/voice/incoming`);
    this.#calls.push(call);
    return call;
  }

  /** Resolves when `isTrue`, or fails after `withinMs` of the clock, saying what was waited for. */
  async until(what: string, isTrue: () => boolean, withinMs = 20_000): Promise<void> {
    const end = this.clock.now() + withinMs;
    while (!isTrue()) {
      if (this.clock.now() > end) throw new Error(`waited ${withinMs} ms in vain for: ${what}`);
      await this.clock.pass(20);
    }
  }

  async close(): Promise<void> {
    for (const call of this.#calls) call.hangUp();
    await this.module.close();
    await this.server.close();
  }
}

class NoAgent implements VoiceAgent {
  reply(): string {
    return '';
  }
}
