import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication, Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OpenAiAgent, openAiAgentOptions } from '../src/conversation/openai/index.js';
import { CALL_ADMISSION, CallRegistry, CLOCK, MediaStreamAdapter, TwilioVoiceModule } from '../src/index.js';
import { elevenLabsTranscriber } from '../src/listening/elevenlabs/index.js';
import {
  ElevenLabsServer,
  networkTransport,
  OpenAiServer,
  ScaledClock,
  SimulatedCall,
} from '../src/testing/index.js';
import { elevenLabsVoice } from '../src/tts/elevenlabs/index.js';
import { KEY, VOICE_ID } from './support/elevenlabs-host.js';
import { freePort } from './support/free-port.js';

const FROM = '+15550107';

/** A whole application with its webhooks and sockets on this machine, and both vendors at its other end. */
class Line {
  readonly calls: SimulatedCall[] = [];

  private constructor(
    readonly clock: ScaledClock,
    readonly speech: ElevenLabsServer,
    readonly model: OpenAiServer,
    private readonly app: INestApplication,
    private readonly url: string,
  ) {}

  static async open(limits: { most: number }, providers: Provider[] = []): Promise<Line> {
    const clock = new ScaledClock(4);
    const speech = await ElevenLabsServer.start({ clock, apiKey: KEY });
    const model = await OpenAiServer.start({ clock, apiKey: KEY });
    model.otherwiseSays('It comes tomorrow.');
    const port = await freePort();
    const publicUrl = `http://127.0.0.1:${port}`;
    const module = await Test.createTestingModule({
      imports: [
        TwilioVoiceModule.forRoot({
          agent: OpenAiAgent,
          publicUrl,
          limits: { callsPerCaller: limits },
          providers: [
            { provide: CLOCK, useValue: clock },
            ...elevenLabsVoice({ apiKey: KEY, voiceId: VOICE_ID, baseUrl: speech.url }),
            ...elevenLabsTranscriber({ apiKey: KEY, baseUrl: speech.url }),
            ...openAiAgentOptions({ apiKey: KEY, baseUrl: model.url, greeting: 'Hello.' }),
            ...providers,
          ],
        }),
      ],
    })
      .setLogger({ log: () => undefined, warn: () => undefined, error: () => undefined })
      .compile();
    const app = module.createNestApplication();
    MediaStreamAdapter.install(app);
    await app.listen(port, '127.0.0.1');
    const line = new Line(clock, speech, model, app, publicUrl);
    await line.until('the phrases of the voice', () => speech.generations.length > 0);
    await line.quiet();
    return line;
  }

  /** What vendors have seen of us. */
  get costs() {
    const { speech, model } = this;
    return {
      connections: speech.connections + model.connections,
      sockets: speech.journal.of('upgrade').length,
      requests: speech.journal.of('request').length + model.journal.length,
      messages: speech.journal.of('message-in').length,
    };
  }

  /** Resolves once vendors have heard nothing of us for a while. */
  async quiet(): Promise<void> {
    let before = '';
    await this.until('the sockets to close', () => this.speech.sockets === 0);
    while (before !== JSON.stringify(this.costs)) {
      before = JSON.stringify(this.costs);
      await this.clock.pass(1_000);
    }
  }

  get registered(): number {
    return this.app.get(CallRegistry).size;
  }

  dial(): SimulatedCall {
    const call = new SimulatedCall({ clock: this.clock, transport: networkTransport(), from: FROM });
    call.dial(`${this.url}/voice/incoming`);
    this.calls.push(call);
    return call;
  }

  async until(what: string, isTrue: () => boolean): Promise<void> {
    const end = this.clock.now() + 30_000;
    while (!isTrue()) {
      if (this.clock.now() > end) throw new Error(`waited in vain for ${what}`);
      await this.clock.pass(20);
    }
  }

  async close(): Promise<void> {
    for (const call of this.calls) call.hangUp();
    await this.app.close();
    await this.speech.close();
    await this.model.close();
  }
}

describe('A refused call', () => {
  let line: Line;
  afterEach(() => line.close());

  describe('of a caller over the rate', () => {
    beforeEach(async () => {
      line = await Line.open({ most: 1 });
    });

    it('costs no connection to a vendor, while the one before it cost several', async () => {
      const before = line.costs;
      const first = line.dial();
      await first.connected;
      await line.clock.pass(3_000); // the greeting
      first.speak(900);
      await line.until('an answer', () => line.model.journal.length > 0);
      first.hangUp();
      await line.until('the end of the call', () => line.registered === 0);
      await line.quiet();
      const spent = line.costs;
      expect(spent.connections).toBeGreaterThanOrEqual(before.connections + 3); // voice, transcriber, model
      expect(spent.sockets).toBeGreaterThanOrEqual(before.sockets + 2);
      expect(spent.requests).toBeGreaterThan(before.requests);
      expect(spent.messages).toBeGreaterThan(before.messages);
      const second = line.dial();
      await line.until('the end of the second call', () => second.endedBy !== undefined);
      await line.clock.pass(2_000);
      expect(second.endedBy).toBe('reject');
      expect(second.eventsOf('verb').map(({ detail }) => detail)).toEqual(['Reject']);
      expect(line.registered).toBe(0);
      expect(line.costs).toEqual(spent);
    }, 60_000);
  });

  it('by the host’s admission costs none either, and hears why', async () => {
    const say = 'We are closed today. Goodbye.';
    const admission = { provide: CALL_ADMISSION, useValue: { admit: () => Promise.resolve({ say }) } };
    line = await Line.open({ most: 1 }, [admission]);
    const before = line.costs;
    const call = line.dial();
    await line.until('the end of the call', () => call.endedBy !== undefined);
    await line.clock.pass(2_000);
    expect([call.endedBy, call.spoken]).toEqual(['hangup', [say]]);
    expect(line.costs).toEqual(before);
  }, 60_000);
});
