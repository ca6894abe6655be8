import type { HistogramSnapshot } from './histogram.js';
import type { MeasuredInBuckets, VoiceMetricsSnapshot } from './voice-metrics.js';

/** One value of a metric; `suffix` is that of a histogram's parts. */
export interface MetricSample {
  readonly suffix?: '_bucket' | '_sum' | '_count';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric in the data model of Prometheus: times in seconds. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly MetricSample[];
}

const PREFIX = 'twilio_voice_';
const NO_LABELS = {};

const HISTOGRAMS: Readonly<Record<MeasuredInBuckets, readonly [name: string, help: string]>> = {
  onsetToClearMs: ['onset_to_clear_seconds', "From the caller's first sound to the clear, in interruptions."],
  fenceRoundTripMs: ['fence_round_trip_seconds', 'From a clear to the echo of the mark behind it.'],
  leadMs: ['lead_seconds', 'Audio sent and not heard, in interruptions.'],
  firstAudioMs: ['first_audio_seconds', "From the caller's last sound to the first audio of the voice."],
  answerLatencyMs: [
    'answer_latency_seconds',
    "From the caller's last sound to the first of the answer at the caller's ear.",
  ],
};

/** What a snapshot says, as Prometheus names and counts it. */
export function metricFamilies(snapshot: VoiceMetricsSnapshot): MetricFamily[] {
  const { refusals, measured } = snapshot;
  const refused = Object.entries(refusals).flatMap(([what, counts]) =>
    Object.entries(counts).map(([reason, value]) => ({ labels: { what, reason }, value })),
  );
  return [
    single('gauge', 'calls_in_progress', 'Calls in progress.', snapshot.callsInProgress),
    single('counter', 'calls_started_total', 'Calls that were connected.', snapshot.callsStarted),
    counts('calls_ended_total', 'Calls that are over, by why.', byLabel('reason', snapshot.callsEnded)),
    single('counter', 'turns_total', 'Turns of callers.', snapshot.turns),
    single('counter', 'interruptions_total', 'Interruptions by callers.', snapshot.interruptions),
    single(
      'counter',
      'underruns_total',
      'How often a voice was slower than the telephone.',
      snapshot.underruns,
    ),
    single('counter', 'sent_seconds_total', 'Audio sent to callers.', snapshot.sentMs / 1_000),
    single('counter', 'heard_seconds_total', 'Audio that callers heard.', snapshot.heardMs / 1_000),
    counts('errors_total', 'Failures in calls, by the name of the error.', byLabel('kind', snapshot.errors)),
    counts('refusals_total', 'Calls, handshakes and streams that were refused, by why.', refused),
    gauge('sharing_up', 'Whether what the instances share can be reached.', sharingUp(snapshot.sharing)),
    counts(
      'commands_total',
      'Commands of this instance to calls of any, by what became of them.',
      byLabel('outcome', snapshot.commands),
    ),
    ...Object.entries(HISTOGRAMS).map(([what, [name, help]]) =>
      histogram(name, help, measured[what as MeasuredInBuckets]),
    ),
  ];
}

/** One process that shares with nobody has no sample. */
const sharingUp = (sharing: VoiceMetricsSnapshot['sharing']): MetricSample[] =>
  sharing === 'alone' ? [] : [{ labels: NO_LABELS, value: sharing === 'up' ? 1 : 0 }];

const byLabel = (label: string, of: Readonly<Record<string, number>>): MetricSample[] =>
  Object.entries(of).map(([kind, value]) => ({ labels: { [label]: kind }, value }));

const counts = (name: string, help: string, samples: readonly MetricSample[]): MetricFamily => ({
  name: PREFIX + name,
  help,
  type: 'counter',
  samples,
});

const gauge = (name: string, help: string, samples: readonly MetricSample[]): MetricFamily => ({
  name: PREFIX + name,
  help,
  type: 'gauge',
  samples,
});

const single = (type: 'counter' | 'gauge', name: string, help: string, value: number): MetricFamily => ({
  name: PREFIX + name,
  help,
  type,
  samples: [{ labels: NO_LABELS, value }],
});

const histogram = (name: string, help: string, { buckets, sum, count }: HistogramSnapshot): MetricFamily => ({
  name: PREFIX + name,
  help,
  type: 'histogram',
  samples: [
    ...buckets.map((bucket): MetricSample => ({
      suffix: '_bucket',
      labels: { le: Number.isFinite(bucket.upTo) ? String(bucket.upTo / 1_000) : '+Inf' }, // JSON has no Infinity
      value: bucket.count,
    })),
    { suffix: '_sum', labels: NO_LABELS, value: sum / 1_000 },
    { suffix: '_count', labels: NO_LABELS, value: count },
  ],
});
