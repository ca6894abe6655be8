import type { Clock } from '../call/clock.js';
import type { MediaSink } from '../call/stream.js';
import type { SpeechChunk } from '../tts/voice.js';
import { Alarm } from '../call/alarm.js';
import { AudioQueue } from './audio-queue.js';
import { SpokenText } from './heard-text.js';
import { Generation } from './generation.js';
import type { HeardPosition } from './ledger.js';
import { markName, type MarkName } from './mark-name.js';
import type { RoundTrips } from './round-trips.js';
import { FRAME_MS } from './pacer.js';
import { SpeechStalledError, type UtteranceEnd } from './settled-utterance.js';
import type { UtteranceListener, UtteranceOptions } from './utterance-options.js';

const BYTES_PER_MS = 8;
const FRAME_BYTES = FRAME_MS * BYTES_PER_MS;
const SILENCE = 0xff;
/** Frames wait for a multiple of this on the clock: one wake-up of the process serves many calls, ms. */
const TICK_MS = 5;
/** With more audio than this waiting, the voice is not asked for more: a cut throws it all away. */
const AHEAD_MS = 5_000;
/** How long the echo of the last mark may be overdue before the utterance is given up. */
const LAST_ECHO_MS = 5_000;

/** One utterance from its first byte to its account: what lies between two clears is a generation of it. */
export class Utterance {
  readonly id: number;
  readonly #clock: Clock;
  readonly #sink: MediaSink;
  readonly #options: UtteranceOptions;
  readonly #listener: UtteranceListener;
  readonly #roundTrips: RoundTrips;
  readonly #queue = new AudioQueue();
  readonly #text = new SpokenText();
  #state: 'playing' | 'holding' | 'held' | 'cutting' | 'settled' = 'playing';
  #generation: Generation;
  #firstHeardAt: number | undefined;
  readonly #waiting: (() => void)[] = [];
  #cursor = 0;
  #furthestMs = 0;
  #synthesizedMs = 0;
  #underruns = 0;
  #sourceEnded = false;
  /** Nothing is to be heard of it behind the sentence being played. */
  #lastSentence = false;
  #curtailed = false;
  #failure: { readonly error: unknown } | undefined;
  #wanted: 'sounding' | 'silent' = 'sounding';
  #heard: HeardPosition = { heardMs: 0, method: 'marks', errorMs: 0 };
  readonly #tick: Alarm;
  #tickAt = 0;
  readonly #deadline: Alarm;

  constructor(
    id: number,
    clock: Clock,
    sink: MediaSink,
    options: UtteranceOptions,
    listener: UtteranceListener,
    roundTrips: RoundTrips,
  ) {
    this.id = id;
    this.#clock = clock;
    this.#sink = sink;
    this.#options = options;
    this.#listener = listener;
    this.#roundTrips = roundTrips;
    this.#tick = new Alarm(clock);
    this.#deadline = new Alarm(clock);
    this.#generation = this.#newGeneration(0, 0);
    this.#awaitAudio(0);
  }

  /** Whether the far end may be playing this utterance. */
  get audible(): boolean {
    return (
      this.#state !== 'settled' && this.#state !== 'held' && this.#generation.isAudible(this.#clock.now())
    );
  }

  /** Resolves when little audio is waiting to be sent, or none is wanted any more. */
  demand(): Promise<void> {
    if (this.#satisfied) return new Promise((resolve) => this.#waiting.push(resolve));
    return Promise.resolve();
  }

  append(chunk: SpeechChunk): void {
    if (this.#state === 'settled' || this.#state === 'cutting' || this.#sourceEnded) return;
    this.#text.append(chunk, this.#synthesizedMs);
    this.#queue.push(chunk.audio);
    this.#synthesizedMs += chunk.audio.length / BYTES_PER_MS;
    if (this.#lastSentence) this.#curtail();
    this.#pump();
  }

  sourceCompleted(): void {
    if (this.#sourceEnded) return;
    this.#sourceEnded = true;
    this.#pump();
  }

  sourceFailed(error: unknown): void {
    if (this.#sourceEnded) return;
    this.#failure = { error };
    this.sourceCompleted();
  }

  /** Whoever writes it is still at work: what comes next is waited for anew. */
  stillWorking(): void {
    if (this.#state === 'playing' && !this.#sourceEnded && this.#deadline.isSet)
      this.#awaitAudio(this.#generation.heldMs(this.#clock.now()));
  }

  /** What follows the sentence being played is dropped; @returns false if nothing has been sent. */
  finishSentence(): boolean {
    if (this.#furthestMs === 0 || this.#state === 'cutting' || this.#state === 'settled') return false;
    this.#lastSentence = true;
    this.#curtail();
    this.#pump();
    return true;
  }

  /** As soon as it is known where the sentence ends: its end may have yet to be spoken. */
  #curtail(): void {
    const endMs = this.#text.sentenceEnd(this.#generation.ledger.sentMs);
    const frames = Math.ceil(((endMs ?? Infinity) * BYTES_PER_MS - this.#cursor) / FRAME_BYTES);
    const end = this.#cursor + frames * FRAME_BYTES; // whole frames: none is padded with what nobody said
    if (this.#curtailed || this.#state !== 'playing' || end >= this.#queue.end) return;
    this.#queue.truncate(end);
    this.#endHere();
  }

  #endHere(): void {
    this.#curtailed = true;
    this.#listener.stopSource();
    this.#sourceEnded = true;
  }

  /** All there is was sent, and it is a whole sentence: nobody is to wait in silence for the next one. */
  get #saidLastSentence(): boolean {
    return this.#lastSentence && !this.#sourceEnded && this.#text.endsSentenceAt(this.#synthesizedMs);
  }

  /** Silences the utterance but keeps what has not been heard. */
  hold(): void {
    this.#wanted = 'silent';
    if (this.#state === 'playing') this.#silence('holding');
  }

  /** Goes on from the heard position. */
  release(): void {
    this.#wanted = 'sounding';
    if (this.#state === 'held') this.#resume();
  }

  /** Silences the utterance for good; the account follows when the far end confirms. */
  cut(): void {
    if (this.#state === 'settled' || this.#state === 'cutting') return;
    if (this.#state === 'playing') this.#silence('cutting');
    else if (this.#state === 'held') this.#settle('cut');
    else this.#state = 'cutting';
  }

  /** The `clear` of a {@link cut} that is to follow at once. */
  silence(): void {
    if (this.#state === 'playing' && this.audible) this.#silence('cutting');
  }

  /** The stream is gone. */
  lost(): void {
    if (this.#state === 'settled') return;
    const cleared = this.#state !== 'playing';
    const now = this.#clock.now();
    const { ledger } = this.#generation;
    if (this.#state !== 'held')
      this.#heard = cleared
        ? ledger.timedOut(now)
        : { ...ledger.timedOut(now), heardMs: Math.round(ledger.positionAt(now)) };
    this.#settle('lost');
  }

  /** A mark of this utterance came back. */
  echoed(mark: MarkName): void {
    const { ledger, pacer } = this.#generation;
    if (!this.#generation.sentMark(mark) || this.#state === 'settled' || this.#state === 'held') return;
    const now = this.#clock.now();
    if (mark.kind === 'fence') {
      if (this.#state !== 'playing') this.#silenced(ledger.fenced(now));
      return;
    }
    this.#generation.echoed(mark, now);
    if (this.#state !== 'playing') return;
    pacer.echoed(mark.ms - ledger.startMs, now);
    this.#queue.trim(ledger.ackedMs * BYTES_PER_MS);
    this.#pump();
  }

  #newGeneration(number: number, startMs: number): Generation {
    return new Generation(number, startMs, this.#options, this.#roundTrips);
  }

  /** One write a round: a write may re-enter and end the generation, so everything is looked at again after it. */
  #pump(): void {
    const generation = this.#generation;
    while (this.#state === 'playing' && this.#generation === generation) {
      if (generation.markDue(this.#sourceEnded && !this.#frameReady())) {
        this.#mark('position', generation.marked());
        continue;
      }
      if (!this.#frameReady()) {
        if (this.#saidLastSentence) {
          this.#endHere();
          continue;
        }
        this.#tick.stop();
        this.#ranOut(generation);
        return;
      }
      const now = this.#clock.now();
      if (generation.probeDue) {
        if (generation.ranDry(now)) this.#underruns++;
        if (generation.restart(now)) this.#mark('probe', generation.ledger.sentMs);
        continue;
      }
      const at = generation.nextFrameAt(now);
      if (at > now) {
        this.#pumpAt(Math.ceil(at / TICK_MS) * TICK_MS, now);
        return;
      }
      this.#sendFrame(generation);
    }
  }

  #pumpAt(at: number, now: number): void {
    if (this.#tick.isSet && this.#tickAt === at) return;
    this.#tickAt = at;
    this.#tick.set(at - now, () => {
      this.#pump();
    });
  }

  #frameReady(): boolean {
    const left = this.#queue.end - this.#cursor;
    if (left >= FRAME_BYTES) return true;
    if (left === 0 || !this.#sourceEnded) return false;
    this.#queue.push(new Uint8Array(FRAME_BYTES - left).fill(SILENCE));
    return true;
  }

  #sendFrame({ ledger }: Generation): void {
    const frame = this.#queue.read(this.#cursor, FRAME_BYTES);
    const first = this.#furthestMs === 0;
    this.#cursor += FRAME_BYTES;
    if (!this.#satisfied) this.#askForMore();
    ledger.sent(FRAME_MS);
    this.#furthestMs = Math.max(this.#furthestMs, ledger.sentMs);
    this.#deadline.stop();
    this.#sink.media(frame);
    if (first) this.#listener.sounding();
  }

  get #satisfied(): boolean {
    const wanted = this.#state !== 'settled' && this.#state !== 'cutting';
    return wanted && this.#queue.end - this.#cursor > AHEAD_MS * BYTES_PER_MS;
  }

  #askForMore(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #mark(kind: MarkName['kind'], ms: number): void {
    this.#sink.mark(markName({ utterance: this.id, generation: this.#generation.number, kind, ms }));
  }

  /** Nothing to send: either all is out, or the voice is slower than the telephone. */
  #ranOut(generation: Generation): void {
    const { ledger } = generation;
    const heldMs = generation.heldMs(this.#clock.now());
    if (this.#sourceEnded) {
      if (ledger.ackedMs >= ledger.sentMs) this.#finish(ledger.finished());
      else
        this.#deadline.set(heldMs + ledger.roundTripMs + LAST_ECHO_MS, () => {
          this.#giveUp();
        });
      return;
    }
    generation.probeDue = true;
    if (!this.#deadline.isSet) this.#awaitAudio(heldMs);
  }

  #awaitAudio(heldMs: number): void {
    const { replyTimeoutMs, stallTimeoutMs } = this.#options;
    const [limitMs, where] =
      this.#furthestMs === 0 ? [replyTimeoutMs, 'at the start'] : [stallTimeoutMs, 'in the middle'];
    this.#deadline.set(heldMs + limitMs, () => {
      this.#stalled(`no audio for ${limitMs} ms ${where} of an utterance`);
    });
  }

  #stalled(reason: string): void {
    this.#listener.stopSource();
    this.sourceFailed(new SpeechStalledError(`The voice or the agent stalled: ${reason}.`));
  }

  /** The last mark never came back: whatever may still be queued must not sound later. */
  #giveUp(): void {
    const { ledger } = this.#generation;
    const account = { ...ledger.timedOut(this.#clock.now()), heardMs: Math.round(ledger.sentMs) };
    this.#sink.clear();
    this.#finish(account);
  }

  #finish(heard: HeardPosition): void {
    this.#heard = heard;
    if (this.#failure !== undefined) this.#settle('failed');
    else this.#settle(this.#curtailed ? 'cut' : 'played');
  }

  /** Ends the generation: nothing of it is sent after this. */
  #silence(next: 'holding' | 'cutting'): void {
    this.#state = next;
    this.#tick.stop();
    this.#deadline.stop();
    const generation = this.#generation;
    const { ledger } = generation;
    if (ledger.ackedMs >= ledger.sentMs) {
      this.#silenced(ledger.finished());
      return;
    }
    ledger.clearSent(this.#clock.now());
    this.#sink.clear();
    this.#mark('fence', 0);
    // The fence may be back already: a write may re-enter.
    if (this.#state !== next || this.#generation !== generation) return;
    this.#deadline.set(this.#options.fenceTimeoutMs, () => {
      this.#silenced(ledger.timedOut(this.#clock.now()));
    });
  }

  #silenced(heard: HeardPosition): void {
    this.#deadline.stop();
    this.#heard = heard;
    if (this.#state === 'cutting') this.#settle('cut');
    else {
      this.#state = 'held';
      if (this.#wanted === 'sounding') this.#resume();
    }
  }

  #noteTimes(): void {
    const { ledger, number } = this.#generation;
    const { measuredRoundTripMs } = ledger;
    if (number === 0) this.#firstHeardAt = ledger.startedAt;
    if (measuredRoundTripMs !== undefined) this.#roundTrips.push(measuredRoundTripMs);
  }

  #resume(): void {
    this.#noteTimes();
    const { number } = this.#generation;
    this.#cursor = this.#heard.heardMs * BYTES_PER_MS;
    this.#generation = this.#newGeneration(number + 1, this.#heard.heardMs);
    this.#state = 'playing';
    if (this.#lastSentence) this.#curtail();
    this.#pump();
  }

  #settle(ended: UtteranceEnd): void {
    this.#state = 'settled';
    this.#askForMore();
    this.#noteTimes();
    this.#tick.stop();
    this.#deadline.stop();
    this.#queue.clear();
    const synthesizedMs = Math.floor(this.#synthesizedMs);
    const heardMs = Math.min(this.#heard.heardMs, synthesizedMs);
    const { heard, unheard, method, errorMs } = this.#text.at(heardMs, synthesizedMs, this.#sourceEnded);
    this.#listener.settled({
      utterance: this.id,
      ended,
      heardMs,
      sentMs: Math.min(this.#furthestMs, synthesizedMs),
      synthesizedMs,
      heardText: heard,
      unheardText: unheard,
      method: this.#heard.method,
      textMethod: method,
      textErrorMs: errorMs,
      errorMs: this.#heard.errorMs,
      ...(this.#underruns === 0 ? {} : { underruns: this.#underruns }),
      ...(this.#firstHeardAt === undefined ? {} : { firstHeardAtMs: this.#firstHeardAt }),
      ...(this.#failure === undefined ? {} : { error: this.#failure.error }),
    });
  }
}
