import { afterEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { VoiceMetrics, type VoiceMetricsSnapshot } from '../src/index.js';
import { prometheusText, registerVoiceMetrics } from '../src/prometheus.js';
import { ScriptedAgent } from '../src/testing/index.js';
import { Host } from './support/host.js';

let host: Host;
afterEach(async () => {
  const closed = host.module.close();
  await host.clock.advance(5_000);
  await closed;
});

/** A host after a call with a failure, in which an answer and the apology were interrupted. */
async function afterCall(): Promise<VoiceMetrics> {
  const answer = 'This is an answer that goes on for so long that everybody interrupts it.';
  host = await Host.boot({
    agent: (clock) => new ScriptedAgent(clock, [answer, { fails: 'throws' }, answer]),
  });
  const call = host.dial();
  await host.clock.advance(1_000);
  for (let turn = 0; turn < 3; turn++) {
    call.speak(800);
    await host.clock.advance(4_000);
  }
  call.hangUp();
  await host.clock.advance(1_000);
  return host.module.get(VoiceMetrics);
}

/** Name and labels in a fixed order, and value. */
const samples = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .sort();

const comments = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .sort();

describe('Metrics for Prometheus', () => {
  it('are the same from prom-client as from our own text', async () => {
    const metrics = await afterCall();
    const registry = new Registry();
    registerVoiceMetrics(metrics, registry);
    const text = await registry.metrics();
    const own = prometheusText(metrics.snapshot());
    expect(samples(own).length).toBeGreaterThan(50);
    expect(samples(own)).toEqual(samples(text));
    expect(comments(own)).toEqual(comments(text));
    expect(own).toContain('\ntwilio_voice_calls_ended_total{reason="stop"} 1\n');
    expect(own).toContain('\ntwilio_voice_interruptions_total 2\n');
    expect(own).toContain('\ntwilio_voice_errors_total{kind="Error"} 1\n');
    expect(own).toMatch(/\ntwilio_voice_onset_to_clear_seconds_bucket{le="\+Inf"} 2\n/);
    expect(own).toMatch(/\ntwilio_voice_onset_to_clear_seconds_sum 0\.\d+\n/);
  });

  it('are read anew at each scrape', async () => {
    const metrics = await afterCall();
    const registry = new Registry();
    registerVoiceMetrics(metrics, registry);
    expect(await registry.metrics()).toContain('\ntwilio_voice_calls_started_total 1\n');
    const call = host.dial();
    await host.clock.advance(1_000);
    const text = await registry.metrics();
    expect(text).toContain('\ntwilio_voice_calls_started_total 2\n');
    expect(text).toContain('\ntwilio_voice_calls_in_progress 1\n');
    call.hangUp();
  });

  it('are the same of a snapshot that came as JSON, say from another process', async () => {
    const snapshot = (await afterCall()).snapshot();
    const copy = JSON.parse(JSON.stringify(snapshot)) as VoiceMetricsSnapshot;
    expect(prometheusText(copy)).toBe(prometheusText(snapshot));
  });

  it('cannot be broken by what stands in a label', async () => {
    const metrics = await afterCall();
    const snapshot: VoiceMetricsSnapshot = { ...metrics.snapshot(), errors: { 'a"b\\c\nd': 1 } };
    expect(prometheusText(snapshot)).toContain('\ntwilio_voice_errors_total{kind="a\\"b\\\\c\\nd"} 1\n');
  });
});
