import { Inject, Injectable } from '@nestjs/common';
import { CallRegistry } from '../call/call-registry.js';
import type { CallEndReason, VoiceCall } from '../call/voice-call.js';
import { FrontDesk } from '../limits/front-desk.js';
import { type CommandOutcome, LiveCalls } from '../sharing/live-calls.js';
import { ALONE, SHARING_STATUS, type SharingStatus } from '../sharing/sharing-status.js';
import { OpenStreams } from '../twilio/open-streams.js';
import { TwilioStreamGateway } from '../twilio/twilio-stream.gateway.js';
import { CallMeasures, type Measured, type MeasureListener } from './call-measures.js';
import { Histogram, type HistogramSnapshot } from './histogram.js';
import { Tally } from './tally.js';

type Counts = Readonly<Record<string, number>>;

/** What is counted in buckets. */
export type MeasuredInBuckets = Exclude<keyof Measured, 'heardMs' | 'sentMs'>;

/** Upper bounds of the buckets, ms. */
const BOUNDS: Readonly<Record<MeasuredInBuckets, readonly number[]>> = {
  onsetToClearMs: [60, 80, 100, 120, 140, 160, 180, 200, 250, 300, 400, 600, 1_000],
  fenceRoundTripMs: [10, 20, 40, 60, 80, 100, 150, 200, 300, 500],
  leadMs: [20, 40, 80, 120, 160, 200, 250, 300, 400, 600, 1_000, 10_000],
  firstAudioMs: [100, 200, 300, 500, 700, 900, 1_200, 1_500, 2_000, 3_000, 5_000, 10_000],
  answerLatencyMs: [200, 400, 600, 800, 1_000, 1_200, 1_500, 2_000, 2_500, 3_000, 5_000, 10_000],
};

/** What this process has counted and measured since its start; plain JSON. Times in ms. */
export interface VoiceMetricsSnapshot {
  readonly callsInProgress: number;
  readonly callsStarted: number;
  /** By why they ended. */
  readonly callsEnded: Readonly<Partial<Record<CallEndReason, number>>>;
  readonly turns: number;
  /** How often a caller interrupted the agent. */
  readonly interruptions: number;
  /** How often a voice was slower than the telephone in the middle of an utterance. */
  readonly underruns: number;
  /** Audio sent to callers, and what they heard of it. */
  readonly sentMs: number;
  readonly heardMs: number;
  /** By the error's name. */
  readonly errors: Counts;
  /** What was refused: calls by the limit, handshakes by their status, streams by the reason. */
  readonly refusals: { readonly calls: Counts; readonly handshakes: Counts; readonly streams: Counts };
  readonly measured: Readonly<Record<MeasuredInBuckets, HistogramSnapshot>>;
  /** Whether what the instances share can be reached. */
  readonly sharing: 'alone' | 'up' | 'down';
  /** Commands that this instance gave to calls of any, by what became of them. */
  readonly commands: Readonly<Partial<Record<CommandOutcome, number>>>;
}

const isInBuckets = (what: keyof Measured): what is MeasuredInBuckets => what in BOUNDS;

/** Counts and measures calls by what happens in them. */
@Injectable()
export class VoiceMetrics implements MeasureListener {
  private readonly histograms = Object.fromEntries(
    Object.entries(BOUNDS).map(([what, bounds]) => [what, new Histogram(bounds)]),
  ) as Record<MeasuredInBuckets, Histogram>;
  private readonly ended = new Tally();
  private readonly errors = new Tally();
  private readonly sums = { heardMs: 0, sentMs: 0 };
  private readonly counts = { callsStarted: 0, turns: 0, interruptions: 0, underruns: 0 };

  constructor(
    @Inject(CallRegistry) private readonly calls: Pick<CallRegistry, 'started$' | 'size'>,
    @Inject(OpenStreams) private readonly streams: Pick<OpenStreams, 'refusals'>,
    @Inject(TwilioStreamGateway) private readonly gateway: Pick<TwilioStreamGateway, 'refusals'>,
    @Inject(FrontDesk) private readonly desk: Pick<FrontDesk, 'refusals'>,
    @Inject(LiveCalls) private readonly live: Pick<LiveCalls, 'commands'>,
    @Inject(SHARING_STATUS) private readonly sharing: Pick<SharingStatus, 'isUp'>,
  ) {
    calls.started$.subscribe((call) => {
      this.follow(call);
    });
  }

  snapshot(): VoiceMetricsSnapshot {
    const { histograms } = this;
    return {
      ...this.counts,
      ...this.sums,
      callsInProgress: this.calls.size,
      callsEnded: this.ended.snapshot(),
      errors: this.errors.snapshot(),
      refusals: {
        calls: Object.fromEntries(this.desk.refusals),
        handshakes: { ...this.gateway.refusals },
        streams: Object.fromEntries(this.streams.refusals),
      },
      measured: Object.fromEntries(
        Object.entries(histograms).map(([what, histogram]) => [what, histogram.snapshot()]),
      ) as Record<MeasuredInBuckets, HistogramSnapshot>,
      sharing: this.sharing === ALONE ? 'alone' : this.sharing.isUp ? 'up' : 'down',
      commands: this.live.commands,
    };
  }

  measured(what: keyof Measured, ms: number): void {
    if (isInBuckets(what)) this.histograms[what].observe(ms);
    else this.sums[what] += ms;
  }

  turn(): void {
    this.counts.turns++;
  }

  interruption(): void {
    this.counts.interruptions++;
  }

  underruns(count: number): void {
    this.counts.underruns += count;
  }

  error(kind: string): void {
    this.errors.add(kind);
  }

  private follow(call: VoiceCall): void {
    this.counts.callsStarted++;
    const measures = new CallMeasures(this);
    call.events$.subscribe((event) => {
      measures.add(event);
      if (event.type === 'ended') this.ended.add(event.reason);
    });
  }
}
