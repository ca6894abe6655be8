import { Logger } from '@nestjs/common';
import type { CallControl } from '../../src/call/call-control.js';
import { CallRegistry } from '../../src/call/call-registry.js';
import type { MediaSink, StreamReceiver } from '../../src/call/stream.js';
import type { CallEvent, VoiceCall } from '../../src/call/voice-call.js';
import { ConversationService } from '../../src/conversation/conversation.service.js';
import type { VoiceAgent } from '../../src/conversation/voice-agent.js';
import type { VoiceActivityDetector } from '../../src/listening/voice-activity-detector.js';
import { parseMarkName } from '../../src/playout/mark-name.js';
import type { SettledUtterance } from '../../src/playout/settled-utterance.js';
import {
  readScript,
  ScriptedVoice,
  seededRandom,
  SimulatedLine,
  VirtualClock,
} from '../../src/testing/index.js';
import { TtsService } from '../../src/tts/tts.service.js';
import type { Voice } from '../../src/tts/voice.js';
import { resolveOptions, type TwilioVoiceOptions } from '../../src/twilio-voice.options.js';

Logger.overrideLogger(false);

/** Hears speech in anything loud: the rule above it is what is tested here, not the detector. */
class LoudnessDetector implements VoiceActivityDetector {
  readonly windowMs = 20;
  process(samples: Int16Array, onWindow: (probability: number, levelDb: number) => void): void {
    const loud = (samples[0] ?? 0) > 1_000;
    onWindow(loud ? 1 : 0, loud ? -20 : -80);
  }
  reset(): void {
    // keeps nothing
  }
}

const LOUD = new Uint8Array(160).fill(0x90);
const QUIET = new Uint8Array(160).fill(0xff);

/** What went over the wire, in order; `speaking`: whether the caller was known to be speaking. */
export interface WireEntry {
  readonly kind: 'media' | 'clear' | 'mark';
  readonly name: string;
  readonly atMs: number;
  readonly speaking: boolean;
}

export interface PlaygroundOptions {
  readonly agent: (clock: VirtualClock) => VoiceAgent;
  readonly voice?: (clock: VirtualClock) => Voice;
  readonly seed?: number;
  readonly jitterMs?: number;
  readonly settings?: TwilioVoiceOptions;
  /** Wraps the sink: for negative controls. */
  readonly tamper?: (sink: MediaSink) => MediaSink;
  readonly clock?: VirtualClock;
}

/** One call in virtual time: the real registry, conversation, playout and listening between two ends that are scripted. */
export class Playground {
  readonly clock: VirtualClock;
  readonly line: SimulatedLine;
  readonly registry: CallRegistry;
  readonly voice: Voice;
  readonly wire: WireEntry[] = [];
  readonly events: CallEvent[] = [];
  readonly receiver: StreamReceiver;
  readonly call: VoiceCall;
  speaking = false;
  #loud = false;
  #timestampMs = 155;
  readonly #stopFrames: () => void;

  constructor(
    options: PlaygroundOptions,
    registry?: CallRegistry,
    callSid = 'CA00000000000000000000000000000001',
  ) {
    this.clock = options.clock ?? new VirtualClock();
    const { clock } = this;
    const { seed = 1, jitterMs = 15 } = options;
    this.line = new SimulatedLine(clock, {
      down: { delayMs: 40, jitterMs, random: seededRandom(seed) },
      up: { delayMs: 40, jitterMs, random: seededRandom(seed + 77) },
    });
    this.voice = options.voice?.(clock) ?? new ScriptedVoice(clock);
    this.registry = registry ?? makeRegistry(clock, options.agent(clock), this.voice, options.settings);
    this.registry.started$.subscribe((call) => {
      if (call.callSid !== callSid) return;
      call.events$.subscribe((event) => {
        this.events.push(event);
        if (event.type === 'caller-started') this.speaking = true;
        if (event.type === 'caller-stopped') this.speaking = false;
      });
    });
    const sink = options.tamper?.(this.#recorded()) ?? this.#recorded();
    const start = { callSid, streamSid: `MZ${callSid.slice(2)}`, accountSid: 'AC1', parameters: {} };
    this.receiver = this.registry.accept(start, sink);
    const call = this.registry.find(callSid);
    if (call === undefined) throw new Error('the call is not registered');
    this.call = call;
    this.line.onMark = (name) => {
      this.receiver.mark(name);
    };
    this.#stopFrames = clock.every(20, () => {
      this.receiver.audio(this.#loud ? LOUD : QUIET, this.#timestampMs);
      this.#timestampMs += 20;
    });
  }

  get accounts(): SettledUtterance[] {
    return this.events.flatMap((event) => (event.type === 'agent-settled' ? [event.account] : []));
  }

  /** The caller makes a sound for `ms`. */
  async speak(ms: number): Promise<void> {
    this.#loud = true;
    await this.clock.advance(ms);
    this.#loud = false;
  }

  /** Ends the stream and everything of the simulation that keeps time. */
  async finish(): Promise<void> {
    this.receiver.ended('stop');
    this.#stopFrames();
    this.line.buffer.stop();
    await this.clock.advance(5_000);
  }

  /** ms of the voice's `utterance` that reached the ear. */
  heardOf(utterance: number): number {
    return readScript(this.line.buffer.heardBytes())
      .filter((position) => position.utterance === utterance)
      .reduce((most, { ms }) => Math.max(most, ms + 1), 0);
  }

  #recorded(): MediaSink {
    const { line } = this;
    const log = (kind: WireEntry['kind'], name = '') => {
      this.wire.push({ kind, name, atMs: this.clock.now(), speaking: this.speaking });
    };
    return {
      get bufferedBytes() {
        return 0;
      },
      media: (audio) => {
        log('media');
        line.media(audio);
      },
      mark: (name) => {
        log('mark', name);
        line.mark(name);
      },
      clear: () => {
        log('clear');
        line.clear();
      },
      close: () => {
        line.close();
        this.clock.after(40, () => {
          this.receiver.ended('closed-by-us');
        });
      },
    };
  }
}

export function makeRegistry(
  clock: VirtualClock,
  agent: VoiceAgent,
  voice: Voice,
  settings: TwilioVoiceOptions = {},
  control: CallControl = { hangUp: () => Promise.resolve(false) },
): CallRegistry {
  const options = resolveOptions({
    ...settings,
    conversation: { disclosure: '', ...settings.conversation },
  });
  const agents = { of: () => ({ name: 'Playing', agent }) };
  const conversations = new ConversationService(new TtsService(voice, clock, options), clock, options);
  return new CallRegistry(clock, options, () => new LoudnessDetector(), agents, control, conversations);
}

/**
 * The rules of the wire: audio only inside an open generation (a probe opens it, a clear closes it), no clear without
 * audio before it, and no frame while the caller is known to be speaking.
 */
export function wireViolations(wire: readonly WireEntry[], allowOverSpeech = false): string[] {
  const problems: string[] = [];
  let open: string | undefined;
  let audioSinceClear = false;
  const closed = new Set<string>();
  for (const { kind, name, atMs, speaking } of wire) {
    if (kind === 'media') {
      if (open === undefined) problems.push(`media outside a generation at ${atMs}`);
      if (speaking && !allowOverSpeech) problems.push(`media over the caller's speech at ${atMs}`);
      audioSinceClear = true;
    } else if (kind === 'clear') {
      if (!audioSinceClear) problems.push(`clear without audio at ${atMs}`);
      if (open !== undefined) closed.add(open);
      open = undefined;
      audioSinceClear = false;
    } else {
      const mark = parseMarkName(name);
      if (mark === undefined) problems.push(`foreign mark ${name}`);
      else if (mark.kind === 'probe' && mark.utterance > 0) open = `${mark.utterance}.${mark.generation}`;
      if (open !== undefined && closed.has(open))
        problems.push(`generation ${open} goes on after its clear at ${atMs}`);
    }
  }
  return problems;
}
