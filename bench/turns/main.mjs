// How long a caller waits for an answer, and how often one begins while the caller only pauses.
import 'reflect-metadata';
import { mkdirSync, writeFileSync } from 'node:fs';
import { URL } from 'node:url';
import { parseArgs } from 'node:util';
import { measureLatency } from './latency.mjs';
import { answeredPauses } from './pauses.mjs';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '5' },
    turns: { type: 'string', default: '20' },
    pauses: { type: 'string', default: '150' },
  },
});
const [calls, turns, most] = [values.calls, values.turns, values.pauses].map(Number);

function quantiles(figures) {
  const sorted = [...figures].sort((a, b) => a - b);
  const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]);
  return { p50: at(0.5), p95: at(0.95), worst: at(1) };
}

const results = {};
for (const preemptive of ['voice', 'text', 'off']) {
  const { latencies, errors, requests } = await measureLatency({ calls, turns, preemptive });
  const { p95, worst } = quantiles(errors.map(Math.abs));
  results[preemptive] = {
    turns: latencies.length,
    ...quantiles(latencies),
    'record off, p95': p95,
    'record off, worst': worst,
    'requests to the model': requests,
  };
}
console.log("Caller's last sample to the answer's first at the ear, ms, by the option `preemptive`:");
console.table(results);

const { pauses, turnsInside, answersInside } = await answeredPauses(most);
const share = (count) => `${((100 * count) / pauses).toFixed(1)} %`;
console.log(`Pauses of 700 ms in people's speech: ${pauses}`);
console.log(`  taken for the end of the turn: ${share(turnsInside)}`);
console.log(`  in which, or in the speech after, an answer began: ${share(answersInside)}`);

const result = { latency: results, pauses: { pauses, turnsInside, answersInside } };
mkdirSync(new URL('../results/', import.meta.url), { recursive: true });
writeFileSync(new URL('../results/turns.json', import.meta.url), JSON.stringify(result, null, 2));
