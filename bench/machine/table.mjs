import { median } from './statistics.mjs';

/** With fewer cuts in a run its 99th percentile is only its largest. */
const ENOUGH_CUTS = 50;

const COLUMNS = [
  ['server', ({ server }) => server],
  ['clear p50 ms', (row) => withRatio(row, ({ clear }) => clear.p50, 2)],
  ['p99 ms', (row) => withRatio(row, p99, 2)],
  ['cuts', ({ valid }) => String(sum(valid, ({ clear }) => clear.count))],
  ['missed', ({ valid }) => String(sum(valid, ({ missed }) => missed))],
  ['CPU ms / call-s', (row) => withRatio(row, ({ cpuMsPerCallSecond }) => cpuMsPerCallSecond, 2)],
  ['RSS MB', ({ valid }) => fixed(median(valid.map(({ rssMb }) => rssMb)), 0)],
  ['+ MB / call', ({ valid }) => fixed(median(valid.map(({ rssMbPerCall }) => rssMbPerCall)), 2)],
  ['live MB / call', ({ valid }) => fixed(median(valid.map(({ liveMbPerCall }) => liveMbPerCall)), 2)],
  ['underruns', ({ valid }) => (valid[0]?.paced ? String(sum(valid, ({ underruns }) => underruns)) : '-')],
  ['late media', ({ valid }) => String(sum(valid, ({ lateMedia }) => lateMedia))],
  ['lag p99 / max', ({ valid }) => lag(valid)],
];

/**
 * One table for each number of calls; a figure is the median over the rounds, and in brackets stands the median of
 * its ratio to `bare` in the same round.
 */
export function tables(runs, unavailable) {
  return [...new Set(runs.map(({ calls }) => calls))].map((calls) => {
    const here = runs.filter((run) => run.calls === calls);
    return `${calls} ${calls === 1 ? 'call' : 'calls'}\n${table(here, unavailable)}`;
  });
}

function table(runs, unavailable) {
  const names = [...new Set(runs.map(({ server }) => server))];
  const lines = [COLUMNS.map(([title]) => title)];
  const notes = Object.entries(unavailable).map(([server, why]) => `  ${server}: ${why}`);
  for (const server of names) {
    const own = runs.filter((run) => run.server === server);
    const valid = own.filter((run) => !run.void && run.error === undefined);
    const bare = new Map(
      runs.filter((run) => run.server === 'bare' && !run.void).map((run) => [run.round, run]),
    );
    notes.push(...own.flatMap((run) => note(run)));
    if (valid.length > 0) lines.push(COLUMNS.map(([, cell]) => cell({ server, valid, bare })));
  }
  return [...aligned(lines), ...notes].join('\n');
}

function note({ server, round, error, void: isVoid, lag: { p99, max } = {}, foreignShare, ...counts }) {
  const where = `  ${server}, round ${round}: `;
  if (error !== undefined) return [where + error];
  const lagged = `load generator late by p99 ${fixed(p99, 1)}, max ${fixed(max, 0)} ms`;
  const shared = `others had ${fixed(100 * foreignShare, 0)} % of the server's core`;
  if (isVoid) return [`${where}void: ${lagged}, ${shared}`];
  const { unexpectedClears, socketErrors } = counts;
  const odd = unexpectedClears + socketErrors > 0;
  return odd ? [`${where}${unexpectedClears} unexpected clears, ${socketErrors} socket errors`] : [];
}

function withRatio({ server, valid, bare }, figure, digits) {
  const value = fixed(median(valid.map(figure)), digits);
  if (value === '-') return value;
  const ratios = valid
    .filter(({ round }) => bare.get(round)?.clear !== undefined)
    .map((run) => figure(run) / figure(bare.get(run.round)))
    .filter(Number.isFinite);
  return server === 'bare' || ratios.length === 0 ? value : `${value} (${fixed(median(ratios), 2)}x)`;
}

function lag(valid) {
  const max = Math.max(...valid.map((run) => run.lag.max));
  return `${fixed(median(valid.map((run) => run.lag.p99)), 1)} / ${fixed(max, 0)}`;
}

function aligned(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  '),
  );
}

const p99 = ({ clear }) => (clear.count < ENOUGH_CUTS ? undefined : clear.p99);
const sum = (runs, figure) => runs.reduce((total, run) => total + figure(run), 0);
const fixed = (value, digits) => (value === undefined ? '-' : value.toFixed(digits));
