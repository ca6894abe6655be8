import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication, Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  MediaStreamAdapter,
  SystemClock,
  TwilioVoiceModule,
  type TwilioVoiceOptions,
  VOICE,
  VOICE_AGENT,
  type VoiceAgent,
} from '../../src/index.js';
import { ElevenLabsServer, OpenAiServer, ScriptedVoice } from '../../src/testing/index.js';
import { type Certificate, selfSigned } from './certificate.js';
import { freePort } from './free-port.js';
import { LocalTwilioAccount, type NumberResource } from './local-twilio-account.js';
import { TlsProxy } from './tls-proxy.js';

export const HOST_NAME = 'voice.example.com';
export const ACCOUNT_SID = `AC${'0a'.repeat(16)}`;
export const AUTH_TOKEN = '0123456789abcdef0123456789abcdef';
export const NUMBER = '+15005550006';
export const ELEVENLABS_KEY = 'sk_elevenlabs_key_of_a_test';
export const OPENAI_KEY = 'sk-openai-key-of-a-test';

/** Settings of the module, and of its host. */
export interface HostSettings extends Pick<
  TwilioVoiceOptions,
  'authToken' | 'publicUrl' | 'tokenSecret' | 'limits'
> {
  /** A global prefix of the host's routes. */
  readonly prefix?: string;
  /** At its own loopback address, without an auth token. */
  readonly unsigned?: boolean;
  readonly providers?: Provider[];
}

/** A host of this package that listens on this machine. */
export interface ListeningHost {
  readonly port: number;
  readonly app: INestApplication;
}

/** What a run of the doctor gave. */
export interface DoctorRun {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** All that a deployment consists of, on this machine: host, proxy with TLS, Twilio's REST API, two vendors. */
export class Deployment {
  readonly publicUrl: string;
  /** Whatever the agents were asked for. */
  readonly asked: string[] = [];
  /** Warnings and errors of the hosts. */
  readonly logs: string[] = [];
  readonly hosts: ListeningHost[] = [];

  private constructor(
    readonly certificate: Certificate,
    readonly proxy: TlsProxy,
    readonly twilio: LocalTwilioAccount,
    readonly elevenLabs: ElevenLabsServer,
    readonly openAi: OpenAiServer,
    readonly directory: string,
  ) {
    this.publicUrl = `https://${HOST_NAME}:${proxy.port}`;
  }

  static async start(): Promise<Deployment> {
    const certificate = selfSigned(HOST_NAME, new SystemClock().epoch());
    const directory = await mkdtemp(join(tmpdir(), 'doctor-'));
    const deployment = new Deployment(
      certificate,
      await TlsProxy.start(certificate),
      await LocalTwilioAccount.start(ACCOUNT_SID, AUTH_TOKEN),
      await ElevenLabsServer.start({ apiKey: ELEVENLABS_KEY, voices: ['anna'] }),
      await OpenAiServer.start({ apiKey: OPENAI_KEY, models: ['gpt-4o-mini'] }),
      directory,
    );
    await deployment.trust(certificate);
    deployment.proxy.target = (await deployment.boot()).port;
    deployment.heal();
    return deployment;
  }

  /** Everything as it should be, but for further hosts. */
  heal(): void {
    this.proxy.behaviour = {};
    this.proxy.show(this.certificate);
    this.proxy.target = this.hosts[0]?.port ?? 0;
    this.twilio.status = 'active';
    this.twilio.type = 'Full';
    this.twilio.applications.clear();
    this.twilio.numbers = [this.number()];
  }

  /** The doctor trusts these certificates, as if they came from a public authority. */
  async trust(...certificates: readonly Certificate[]): Promise<void> {
    await writeFile(join(this.directory, 'ca.pem'), certificates.map(({ cert }) => cert).join(''));
  }

  number(changes: Partial<NumberResource> = {}): NumberResource {
    return {
      phone_number: NUMBER,
      voice_url: `${this.publicUrl}/voice/incoming`,
      voice_method: 'POST',
      status_callback: `${this.publicUrl}/voice/status`,
      status_callback_method: 'POST',
      voice_application_sid: '',
      trunk_sid: null,
      voice_receive_mode: 'voice',
      capabilities: { voice: true, sms: true },
      ...changes,
    };
  }

  /** Another host; requests go to the first one unless the proxy is told otherwise. */
  async boot({ prefix, unsigned, providers = [], ...settings }: HostSettings = {}): Promise<ListeningHost> {
    const reserved = unsigned === true ? await freePort() : 0;
    const agent: VoiceAgent = {
      onCallStart: () => this.ask('onCallStart'),
      reply: () => this.ask('reply'),
    };
    const log = (line: unknown) => void this.logs.push(String(line));
    const module = await Test.createTestingModule({
      imports: [
        TwilioVoiceModule.forRoot({
          agent: NoAgent,
          publicUrl: this.publicUrl,
          ...(unsigned === true ? { publicUrl: `http://127.0.0.1:${reserved}` } : { authToken: AUTH_TOKEN }),
          ...settings,
          providers: [
            ...providers,
            { provide: VOICE_AGENT, useValue: agent },
            { provide: VOICE, useValue: new ScriptedVoice(new SystemClock()) },
          ],
        }),
      ],
    })
      .setLogger({ log: () => undefined, warn: log, error: log })
      .compile();
    const app = module.createNestApplication({ logger: { log: () => undefined, warn: log, error: log } });
    if (prefix !== undefined) app.setGlobalPrefix(prefix);
    MediaStreamAdapter.install(app);
    await app.listen(reserved, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const host = { port, app };
    this.hosts.push(host);
    return host;
  }

  /** The variables of a healthy deployment. */
  get environment(): Record<string, string> {
    return {
      PUBLIC_URL: this.publicUrl,
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      TWILIO_PHONE_NUMBER: NUMBER,
      ELEVENLABS_API_KEY: ELEVENLABS_KEY,
      ELEVENLABS_VOICE_ID: 'anna',
      ELEVENLABS_BASE_URL: this.elevenLabs.url,
      OPENAI_API_KEY: OPENAI_KEY,
      OPENAI_BASE_URL: this.openAi.url,
    };
  }

  /**
   * Runs the compiled doctor as a process of its own, in a folder of its own.
   * @param program the compiled `doctor/main.js`
   * @param variables all there are, but for PATH
   */
  async run(
    program: string,
    variables: Record<string, string>,
    words: readonly string[],
  ): Promise<DoctorRun> {
    const env = {
      PATH: process.env['PATH'] ?? '',
      NODE_EXTRA_CA_CERTS: join(this.directory, 'ca.pem'),
      ...variables,
    };
    const child = spawn(process.execPath, [program, ...words], { cwd: this.directory, env });
    const run = { output: '', errors: '' };
    child.stdout.on('data', (data) => (run.output += String(data)));
    child.stderr.on('data', (data) => (run.errors += String(data)));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...run };
  }

  async close(): Promise<void> {
    for (const { app } of this.hosts) await app.close();
    await Promise.all([
      this.proxy.close(),
      this.twilio.close(),
      this.elevenLabs.close(),
      this.openAi.close(),
    ]);
    await rm(this.directory, { recursive: true });
  }

  private ask(what: string): string {
    this.asked.push(what);
    return '';
  }
}

class NoAgent implements VoiceAgent {
  reply(): string {
    return '';
  }
}
