import { metricFamilies, type MetricFamily } from './metrics/metric-families.js';
import type { VoiceMetrics, VoiceMetricsSnapshot } from './metrics/voice-metrics.js';

/** The `Content-Type` of {@link prometheusText}. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * A snapshot in the text exposition format of Prometheus, version 0.0.4: what `GET /metrics` answers.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function prometheusText(snapshot: VoiceMetricsSnapshot): string {
  return metricFamilies(snapshot).map(text).join('');
}

/** What is needed of a registry of `prom-client`, version 15. */
export interface PrometheusRegistry {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- its metrics are classes, of which it uses the parts below
  registerMetric(metric: any): void;
}

/** Adds the metrics to a registry of `prom-client`: its own `metrics()` then tells them beside the host's. */
export function registerVoiceMetrics(
  metrics: Pick<VoiceMetrics, 'snapshot'>,
  registry: PrometheusRegistry,
): void {
  for (const { name, help, type } of metricFamilies(metrics.snapshot()))
    registry.registerMetric({
      name,
      help,
      type,
      aggregator: 'sum',
      get: () => Promise.resolve({ name, help, type, aggregator: 'sum', values: valuesOf(metrics, name) }),
      reset: () => undefined, // they count from the start of the process, as counters are to
    });
}

function valuesOf(metrics: Pick<VoiceMetrics, 'snapshot'>, name: string) {
  const family = metricFamilies(metrics.snapshot()).find((one) => one.name === name);
  return (family?.samples ?? []).map(({ suffix, labels, value }) => ({
    value,
    labels,
    ...(suffix === undefined ? {} : { metricName: name + suffix }),
  }));
}

function text({ name, help, type, samples }: MetricFamily): string {
  const lines = samples.map(
    ({ suffix = '', labels, value }) => `${name}${suffix}${labelsOf(labels)} ${value}`,
  );
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
