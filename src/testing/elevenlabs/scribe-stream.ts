import { Alarm } from '../../call/alarm.js';
import type { PlacedFault } from './faults.js';
import { between } from './scenario.js';
import { type ChunkFaultKind, ScribeChunkFault } from './scribe-chunk-fault.js';
import { readScribeChunk, type ScribeChunk, withoutAudio } from './scribe-message.js';
import { ScribePartials } from './scribe-partials.js';
import type { ScribeQuery } from './scribe-query.js';
import type { ScriptedWords } from './scribe-script.js';
import type { ScribeScenario } from './scribe-scenario.js';
import { ScribeSegment } from './scribe-segment.js';
import { type ScribeTranscript, timedTranscript } from './scribe-transcript.js';
import { FRAME_MS, ScribeVoiceMeter } from './scribe-voice-meter.js';
import type { ServerSocket } from './server-socket.js';
import type { ServerState } from './server-state.js';

/** A commit of less audio is refused, ms. */
const LEAST_COMMIT_MS = 300;
const SLOW_SESSION_MS = 5_000;
const FAULTY_IDLE_MS = 1_000;
/** Error frames of faults, and whether the socket is closed then. */
const FAULT_ERRORS = {
  'rate-limited': { type: 'rate_limited', message: 'Rate limit exceeded.', closes: false },
  'quota-exceeded': { type: 'quota_exceeded', message: 'Not enough credits.', closes: false },
  'transcriber-error': { type: 'transcriber_error', message: 'The transcriber failed.', closes: false },
  'session-time-limit': {
    type: 'session_time_limit_exceeded',
    message: 'The session has reached its time limit.',
    closes: true,
  },
} as const;
const COMMIT_KINDS: readonly string[] = [
  'commit-throttled',
  'duplicate-commit',
  'unasked-timestamps',
  'triplicated-text',
  'no-final',
];

interface Answer {
  readonly dueMs: number;
  readonly transcript: ScribeTranscript;
  readonly fault: PlacedFault<'scribe'> | undefined;
}

/** `speech-to-text/realtime`: chunks of audio in, partial and committed transcripts out, in the words of the script. */
export class ScribeStream {
  /** None: contexts are of speech that is being made. */
  readonly contexts = 0;
  readonly #state: ServerState;
  readonly #socket: ServerSocket;
  readonly #query: ScribeQuery;
  readonly #scenario: ScribeScenario;
  readonly #meter: ScribeVoiceMeter;
  readonly #partials: ScribePartials;
  readonly #chunkFault: ScribeChunkFault;
  readonly #start: Alarm;
  readonly #idle: Alarm;
  readonly #end: Alarm;
  readonly #answering: Alarm;
  readonly #answers: Answer[] = [];
  /** Utterances whose commit is never answered. */
  readonly #owed: (ScriptedWords | undefined)[] = [];
  /** Chunks that came before the session has started. */
  readonly #early: ScribeChunk[] = [];
  #segment: ScribeSegment;
  #isStarted = false;
  #chunks = 0;
  /** Audio of the whole session, ms. */
  #audioMs = 0;

  constructor(state: ServerState, socket: ServerSocket, query: ScribeQuery) {
    this.#state = state;
    this.#socket = socket;
    this.#query = query;
    this.#scenario = state.scenario;
    this.#meter = new ScribeVoiceMeter(query);
    this.#segment = this.#newSegment();
    this.#start = new Alarm(state.clock);
    this.#idle = new Alarm(state.clock);
    this.#end = new Alarm(state.clock);
    this.#answering = new Alarm(state.clock);
    this.#chunkFault = new ScribeChunkFault(state.faults, socket.request.voiceId, (kind) => {
      this.#strike(kind);
    });
    this.#partials = new ScribePartials({
      clock: state.clock,
      everyMs: this.#scenario.partialEveryMs,
      delayMs: () => between(this.#scenario.partialMs, state.random),
      send: (text) => {
        this.#sendPartial(text);
      },
    });
    socket.listen(
      (message) => {
        this.#receive(message);
      },
      () => {
        this.#stop();
      },
      withoutAudio,
    );
    this.#open();
  }

  #open(): void {
    const delay = this.#fault(['session-delay']);
    const ownMs = between(this.#scenario.sessionMs, this.#state.random);
    this.#start.set(delay === undefined ? ownMs : (delay.delayMs ?? SLOW_SESSION_MS), () => {
      this.#isStarted = true;
      const id = Math.floor(this.#state.random() * 2 ** 32).toString(36);
      this.#socket.send('session_started', {
        message_type: 'session_started',
        session_id: `session_${id}`,
        config: this.#query,
      });
      for (const chunk of this.#early.splice(0)) this.#hear(chunk);
    });
    this.#watch();
    const end = this.#fault(['idle-1000']);
    if (end === undefined) return;
    this.#end.set(end.after ?? FAULTY_IDLE_MS, () => {
      this.#socket.close(1000);
    });
  }

  #watch(): void {
    if (this.#scenario.scribeIdleMs === Infinity) return;
    this.#idle.set(this.#scenario.scribeIdleMs, () => {
      this.#socket.close(1000);
    });
  }

  #receive(message: Record<string, unknown> | undefined): void {
    if (message === undefined) this.#socket.warn('malformed-message');
    try {
      const chunk = readScribeChunk(message, this.#query, this.#chunks === 0);
      this.#chunks++;
      this.#watch();
      if (this.#isStarted) this.#hear(chunk);
      else this.#early.push(chunk);
    } catch (error) {
      this.#error('input_error', (error as Error).message);
    }
  }

  #hear({ audio, commit }: ScribeChunk): void {
    this.#chunkFault.around(() => {
      if (!this.#socket.isOpen) return;
      for (const isVoiced of this.#meter.hear(audio)) this.#hearFrame(isVoiced);
      this.#partials.update(this.#segment.text);
      if (commit) this.#commit();
    });
  }

  #hearFrame(isVoiced: boolean): void {
    this.#segment.add(isVoiced, this.#audioMs);
    this.#audioMs += FRAME_MS;
    const { commit_strategy: strategy, vad_silence_threshold_secs: silenceS } = this.#query;
    const { utterance, silentMs } = this.#segment;
    if (strategy === 'vad' && utterance !== undefined && silentMs >= silenceS * 1_000) this.#commit();
  }

  #commit(): void {
    const { audioMs, utterance, voice } = this.#segment;
    const text = utterance?.text ?? '';
    const kinds = COMMIT_KINDS.filter((kind) => kind !== 'triplicated-text' || text !== '');
    const fault = audioMs < LEAST_COMMIT_MS ? undefined : this.#fault(kinds);
    if (audioMs < LEAST_COMMIT_MS || fault?.kind === 'commit-throttled') {
      this.#error('commit_throttled', `Commit needs at least ${LEAST_COMMIT_MS} ms of uncommitted audio.`);
      return;
    }
    const soonestMs = this.#state.clock.now() + between(this.#scenario.commitMs, this.#state.random);
    const dueMs = Math.max(soonestMs, this.#answers.at(-1)?.dueMs ?? 0);
    this.#answers.push({ dueMs, transcript: { utterance, text, voice }, fault });
    this.#partials.hold();
    this.#segment = this.#newSegment();
    this.#arm();
  }

  #newSegment(): ScribeSegment {
    return new ScribeSegment(this.#scenario, () => this.#state.script.next());
  }

  #arm(): void {
    const [first] = this.#answers;
    if (first === undefined) {
      this.#partials.release();
      return;
    }
    if (this.#answering.isSet) return;
    this.#answering.set(Math.max(0, first.dueMs - this.#state.clock.now()), () => {
      this.#answers.shift();
      this.#answer(first);
      this.#arm();
    });
  }

  #answer({ transcript, fault }: Answer): void {
    const { kind } = fault ?? {};
    if (kind === 'no-final') {
      this.#owed.push(transcript.utterance);
      return;
    }
    const { text: once } = transcript;
    const text = kind === 'triplicated-text' ? [once, once, once].join(' ') : once;
    const committed = { message_type: 'committed_transcript', text };
    for (let left = kind === 'duplicate-commit' ? 2 : 1; left > 0; left--)
      this.#socket.send('committed_transcript', committed, undefined, 0, text);
    const isUnasked = kind === 'unasked-timestamps';
    if (!this.#query.include_timestamps && !this.#query.include_language_detection && !isUnasked) return;
    const query = isUnasked ? { ...this.#query, include_timestamps: true } : this.#query;
    const timed = timedTranscript({ ...transcript, text }, query);
    this.#socket.send('committed_transcript_with_timestamps', timed, undefined, 0, text);
  }

  #sendPartial(text: string): void {
    const send = (shown: string) => {
      const message = { message_type: 'partial_transcript', text: shown };
      this.#socket.send('partial_transcript', message, undefined, 0, shown);
    };
    send(text);
    const words = text.split(' ');
    if (words.length > 1 && this.#fault(['shrinking-partial']) !== undefined)
      send(words.slice(0, -1).join(' '));
  }

  #strike(kind: ChunkFaultKind): void {
    if (kind === 'cut') this.#socket.cut();
    else if (kind === 'malformed-json') this.#socket.sendText('malformed', '{"message_type":"partial_tra');
    else if (kind === 'unknown-message')
      this.#socket.send('unknown', { message_type: 'weather_report', text: 'sunny' });
    else {
      const { type, message, closes } = FAULT_ERRORS[kind];
      this.#error(type, message);
      if (closes) this.#socket.close(1008, type);
    }
  }

  #error(type: string, error: string): void {
    this.#socket.send('error', { message_type: type, error }, undefined, 0, type);
  }

  #fault(kinds: readonly string[]): PlacedFault<'scribe'> | undefined {
    const { faults } = this.#state;
    return faults.take('scribe', this.#socket.request.voiceId, (kind) => kinds.includes(kind));
  }

  /** What was left unanswered is said again, on the next socket. */
  #stop(): void {
    for (const alarm of [this.#start, this.#idle, this.#end, this.#answering]) alarm.stop();
    this.#partials.stop();
    const begun = [
      ...this.#owed,
      ...this.#answers.map(({ transcript }) => transcript.utterance),
      this.#segment.utterance,
    ];
    this.#state.script.putBack(begun.filter((utterance) => utterance !== undefined));
  }
}
