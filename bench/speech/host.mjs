import 'reflect-metadata';
import { Test } from '@nestjs/testing';
import { CLOCK, TwilioVoiceModule, VOICE } from '../../dist/index.js';
import { moduleTransport, SimulatedCall, VirtualClock } from '../../dist/testing/index.js';
import { EndlessVoice } from './endless-voice.mjs';

const URL = 'http://127.0.0.1:3000/voice/incoming';
/** 40 ± 15 ms each way. */
const WAY = { delayMs: 40, jitterMs: 15 };

/** Greets with endless speech, and answers each turn with it. */
class EndlessAgent {
  onCallStart() {
    return 'Endless.';
  }

  reply() {
    return 'Endless.';
  }
}

/** One Nest application with the profile under test, in virtual time; takes call after call. */
export class Host {
  /** @param profile of profiles.mjs @param mulaw what the agent says over and over */
  static async boot({ settings, providers = [] }, mulaw) {
    const host = new Host();
    host.clock = new VirtualClock();
    host.voice = new EndlessVoice(mulaw);
    host.problems = [];
    const note = (line) => void host.problems.push(String(line));
    host.module = await Test.createTestingModule({
      imports: [
        TwilioVoiceModule.forRoot({
          ...settings,
          agent: EndlessAgent,
          conversation: { disclosure: '' },
          providers: [
            { provide: CLOCK, useValue: host.clock },
            { provide: VOICE, useValue: host.voice },
            ...providers,
          ],
        }),
      ],
    })
      .setLogger({ log: () => undefined, warn: () => undefined, error: note })
      .compile();
    await host.module.init();
    host.transport = moduleTransport(host.module);
    return host;
  }

  /**
   * A call that is connected; the agent begins to talk, less than a second after the track began.
   *
   * @param {number} seed of the network's jitter
   * @param {Uint8Array} [track] what the caller's line carries from before the call is taken; mu-law
   */
  async call({ seed, echo, track = new Uint8Array(0) }) {
    const network = { up: WAY, down: WAY, seed };
    const call = new SimulatedCall({ clock: this.clock, transport: this.transport, network, echo });
    const { startMs } = call.say(track);
    call.dial(URL);
    if (!(await this.clock.advanceUntil(() => call.heldMs > 0, 3_000, 20)))
      throw new Error(`The agent never spoke. ${this.problems.join('; ')}`);
    return { call, startMs };
  }

  async hangUp(call) {
    call.hangUp();
    await this.clock.advance(200);
  }

  async close() {
    await this.module.close();
  }
}
