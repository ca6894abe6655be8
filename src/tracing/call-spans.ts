import type { Attributes, Link } from '@opentelemetry/api';
import type { CallWork } from '../call/call-scope.js';
import { kindOfError } from '../call/kind-of-error.js';
import type { AnswerStep, CallEndReason, CallEvent, ToolReport, VoiceCall } from '../call/voice-call.js';
import { CallMeasures, type Measured } from '../metrics/call-measures.js';
import type { SettledUtterance } from '../playout/settled-utterance.js';
import { AnswerSpans } from './answer-spans.js';
import type { OpenSpan, OpenSpans } from './open-spans.js';

type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>;

export interface CallSpansOptions {
  /** `gen_ai.agent.name`; undefined: nobody will answer. */
  readonly agent: string | undefined;
  /** `gen_ai.provider.name`. */
  readonly provider: string | undefined;
  /** What may be told of words; undefined: nothing. */
  readonly content: ((words: string) => string) | undefined;
  readonly links: readonly Link[];
}

/** Ends of a call that are failures. */
const FAILURES: ReadonlySet<CallEndReason> = new Set(['failed', 'stream-error']);
const DIRECTIONS: ReadonlySet<string | undefined> = new Set(['inbound', 'outbound-api', 'outbound-dial']);
/** The conventions' word for an error whose kind is not known. */
const OTHER = '_OTHER';

/** A turn, or what may become one: the answer to a guess of it comes before its end. */
interface Turn {
  readonly open: OpenSpan;
  isGuess: boolean;
}

/** Folds what happens in a call into spans; the figures are those of the metrics. */
export class CallSpans {
  readonly #spans: OpenSpans;
  readonly #options: CallSpansOptions;
  readonly #ids: Attributes;
  readonly #root: OpenSpan;
  readonly #measures: CallMeasures;
  readonly #answers = new Map<number, { readonly turn: Turn; readonly spans: AnswerSpans }>();
  readonly #tools = new Map<string, OpenSpan>();
  /** Of the event being added. */
  #measured: Partial<Record<keyof Measured, number>> = {};
  #turn: Turn | undefined;
  #utterance: OpenSpan | undefined;
  #bargeInAtMs: number | undefined;
  #failure: string | undefined;
  #counts = { turns: 0, interruptions: 0, inputTokens: 0, outputTokens: 0, characters: 0, transcribedMs: 0 };

  constructor(spans: OpenSpans, call: VoiceCall, atMs: number, options: CallSpansOptions) {
    this.#spans = spans;
    this.#options = options;
    const { callSid, streamSid, parameters } = call;
    const { provider } = options;
    this.#ids = {
      'gen_ai.conversation.id': callSid,
      'twilio.voice.call_sid': callSid,
      ...(provider === undefined ? {} : { 'gen_ai.provider.name': provider }),
    };
    const direction = parameters['direction'];
    const about = {
      ...this.#ids,
      'twilio.voice.stream_sid': streamSid,
      ...(DIRECTIONS.has(direction) ? { 'twilio.voice.direction': direction } : {}),
    };
    this.#root = spans.start('voice.call', atMs, about, undefined, options.links);
    this.#measures = new CallMeasures({
      measured: (what, ms) => {
        this.#measured[what] = ms;
      },
      turn: () => undefined,
      interruption: () => {
        this.#counts.interruptions++;
      },
      underruns: () => undefined,
      error: () => undefined,
    });
  }

  /** The span that the host's code runs in. */
  spanOf({ answer, tool }: CallWork): OpenSpan {
    const own = tool === undefined ? this.#answers.get(answer ?? 0)?.spans.agent : this.#tools.get(tool);
    return own ?? this.#turn?.open ?? this.#root;
  }

  add(event: CallEvent): void {
    this.#measured = {};
    this.#measures.add(event);
    switch (event.type) {
      case 'turn':
        this.#turned(event);
        break;
      case 'answer':
        this.#step(event.step, event.atMs);
        break;
      case 'caller-started':
        if (this.#utterance !== undefined) this.#bargeInAtMs ??= event.atMs;
        break;
      case 'agent-sounding':
        this.#sounding(event);
        break;
      case 'agent-settled':
        this.#settled(event);
        break;
      case 'tool':
        this.#tool(event.tool, event.atMs);
        break;
      case 'usage':
        this.#used(event);
        break;
      case 'limit':
        this.#root.event('voice.limit', event.atMs, { 'voice.limit.name': event.limit });
        break;
      case 'failed':
        this.#failure = kindOfError(event.error);
        this.#root.event('voice.failure', event.atMs, { 'error.type': this.#failure });
        break;
      case 'sensitive-started':
      case 'sensitive-stopped':
        this.#root.event(`voice.${event.type.replace('-', '_')}`, event.atMs);
        break;
      case 'ended':
        this.#ended(event);
        break;
    }
  }

  #turned({ atMs, lastSampleAtMs, durationMs, transcript }: EventOf<'turn'>): void {
    if (this.#turn?.isGuess === false) this.#over(this.#turn, 'unanswered', atMs);
    const turn = (this.#turn ??= this.#begun(lastSampleAtMs, false));
    turn.isGuess = false;
    turn.open.set({
      'voice.turn.number': ++this.#counts.turns,
      'voice.turn.speech_ms': durationMs,
      'voice.turn.endpointing_ms': atMs - lastSampleAtMs,
      ...this.#words('voice.turn.transcript', transcript),
    });
  }

  #step(step: AnswerStep, atMs: number): void {
    if (step.step === 'asked') this.#asked(step, atMs);
    const answer = this.#answers.get(step.answer);
    if (answer === undefined) return;
    if (step.step === 'confirmed') answer.turn.open.set({ 'voice.turn.preemptive': true });
    else if (step.step === 'discarded') this.#discarded(step.answer, atMs);
    else answer.spans.step(step, atMs);
  }

  #asked({ answer, preemptive, lastSampleAtMs = Infinity }: AnswerStep, atMs: number): void {
    const beganAtMs = Math.min(lastSampleAtMs, atMs);
    if (preemptive && this.#turn !== undefined) this.#over(this.#turn, 'unanswered', atMs);
    const turn = (this.#turn ??= this.#begun(beganAtMs, preemptive));
    const spans = new AnswerSpans(this.#spans, turn.open, this.#options.agent, this.#ids, atMs);
    this.#answers.set(answer, { turn, spans });
  }

  /** Of a turn that has ended, another answer follows; else the caller goes on, and there was none. */
  #discarded(id: number, atMs: number): void {
    const { turn, spans } = this.#answers.get(id) ?? {};
    spans?.discarded(atMs);
    this.#answers.delete(id);
    if (turn?.isGuess !== true) return;
    turn.open.rename('voice.guess');
    turn.open.end(atMs);
    if (this.#turn === turn) this.#turn = undefined;
  }

  #begun(atMs: number, isGuess: boolean): Turn {
    return { open: this.#spans.start('voice.turn', atMs, this.#ids, this.#root), isGuess };
  }

  #sounding({ atMs, answer }: EventOf<'agent-sounding'>): void {
    this.#utterance?.end(atMs);
    const { firstAudioMs } = this.#measured;
    const turn = this.#answers.get(answer ?? 0)?.turn.open;
    if (firstAudioMs !== undefined) turn?.set({ 'voice.turn.first_audio_ms': firstAudioMs });
    this.#utterance = this.#spans.start('voice.utterance', atMs, this.#ids, turn ?? this.#root);
  }

  #settled({ atMs, account, answer: id }: EventOf<'agent-settled'>): void {
    const utterance = this.#utterance;
    if (utterance !== undefined) this.#heard(utterance, account, atMs);
    this.#utterance = this.#bargeInAtMs = undefined;
    const answer = id === undefined ? undefined : this.#answers.get(id);
    if (id === undefined || answer === undefined) return;
    answer.spans.over(atMs);
    this.#answers.delete(id);
    const { answerLatencyMs } = this.#measured;
    if (answerLatencyMs !== undefined)
      answer.turn.open.set({ 'voice.turn.answer_latency_ms': answerLatencyMs });
    if (account.ended === 'failed') answer.turn.open.fail(kindOfError(account.error));
    this.#over(answer.turn, account.ended, atMs);
  }

  #heard(utterance: OpenSpan, account: SettledUtterance, atMs: number): void {
    const { ended, heardMs, sentMs, method, underruns = 0, heardText, unheardText } = account;
    utterance.set({
      'voice.utterance.ended': ended,
      'voice.utterance.heard_ms': heardMs,
      'voice.utterance.sent_ms': sentMs,
      'voice.utterance.method': method,
      'voice.utterance.underruns': underruns,
      ...this.#words('voice.utterance.heard', heardText),
      ...this.#words('voice.utterance.unheard', unheardText),
    });
    if (ended === 'cut' && this.#bargeInAtMs !== undefined) {
      const { onsetToClearMs, leadMs, fenceRoundTripMs } = this.#measured;
      utterance.event('voice.barge_in', this.#bargeInAtMs, {
        ...(onsetToClearMs === undefined ? {} : { 'voice.barge_in.onset_to_clear_ms': onsetToClearMs }),
        ...(leadMs === undefined ? {} : { 'voice.barge_in.lead_ms': leadMs }),
        ...(fenceRoundTripMs === undefined ? {} : { 'voice.barge_in.fence_round_trip_ms': fenceRoundTripMs }),
      });
    }
    if (ended === 'failed') utterance.fail(kindOfError(account.error));
    utterance.end(atMs);
  }

  #over(turn: Turn, ended: SettledUtterance['ended'] | 'unanswered', atMs: number): void {
    for (const [id, answer] of this.#answers) {
      if (answer.turn !== turn) continue;
      answer.spans.over(atMs);
      this.#answers.delete(id);
    }
    turn.open.set({ 'voice.turn.ended': ended });
    turn.open.end(atMs);
    if (this.#turn === turn) this.#turn = undefined;
  }

  #tool({ id, name, state }: ToolReport, atMs: number): void {
    if (state === 'started') {
      this.#tools.get(id)?.end(atMs);
      const about = {
        ...this.#ids,
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': name,
        'gen_ai.tool.call.id': id,
        'gen_ai.tool.type': 'function',
      };
      const parent = [...this.#answers.values()].at(-1)?.spans.agent ?? this.#turn?.open ?? this.#root;
      this.#tools.set(id, this.#spans.start(`execute_tool ${name}`, atMs, about, parent));
      return;
    }
    // What was asked for in vain may be named anything by a model.
    if (state === 'asked' || state === 'refused')
      this.spanOf({} as CallWork).event(`voice.tool_${state}`, atMs);
    const tool = this.#tools.get(id);
    if (tool === undefined) return;
    this.#tools.delete(id);
    tool.set({ 'voice.tool.state': state });
    if (state === 'failed') tool.fail(OTHER);
    tool.end(atMs);
  }

  #used({ usage }: EventOf<'usage'>): void {
    if (usage.kind === 'speech') this.#counts.characters += usage.characters;
    else if (usage.kind === 'transcription') this.#counts.transcribedMs += usage.ms;
    else {
      this.#counts.inputTokens += usage.inputTokens;
      this.#counts.outputTokens += usage.outputTokens;
      [...this.#answers.values()].at(-1)?.spans.used(usage);
    }
  }

  #ended({ reason, atMs }: EventOf<'ended'>): void {
    if (this.#turn?.isGuess === false) this.#over(this.#turn, 'unanswered', atMs);
    const { turns, interruptions, inputTokens, outputTokens, characters, transcribedMs } = this.#counts;
    this.#root.set({
      'voice.call.end_reason': reason,
      'voice.call.turns': turns,
      'voice.call.interruptions': interruptions,
      'voice.call.input_tokens': inputTokens,
      'voice.call.output_tokens': outputTokens,
      'voice.call.speech_characters': characters,
      'voice.call.transcribed_ms': transcribedMs,
    });
    if (FAILURES.has(reason)) this.#root.fail(this.#failure ?? reason);
    this.#spans.endAll(atMs);
  }

  #words(name: string, words: string): Attributes {
    const { content } = this.#options;
    return content === undefined || words === '' ? {} : { [name]: content(words) };
  }
}
