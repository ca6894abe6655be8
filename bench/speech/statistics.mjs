/** Nearest rank; NaN of nothing. */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Groups in order of first appearance. */
export function grouped(list, key) {
  const groups = new Map();
  for (const item of list) {
    const name = key(item);
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return groups;
}

/** What became of a set of interruptions; those that came while the agent was silent say nothing. */
export function interruptionFigures(cases) {
  const valid = cases.filter(({ outcome }) => outcome !== 'early');
  const delays = valid.flatMap(({ delayMs }) => (delayMs === undefined ? [] : [delayMs]));
  const missed = valid.filter(({ outcome }) => outcome === 'missed').length;
  return {
    n: valid.length,
    p50: quantile(delays, 0.5),
    p95: quantile(delays, 0.95),
    missedPercent: (100 * missed) / valid.length,
    early: cases.length - valid.length,
  };
}

/** Rates of false stops over some noises. */
export function falseStopFigures(results) {
  const minutes = sum(results.map((each) => each.minutes));
  return {
    minutes,
    per10Minutes: (10 * sum(results.map(({ stops }) => stops))) / minutes,
    silentPercent: (100 * sum(results.map((each) => each.silentShare * each.minutes))) / minutes,
    pausesPer10Minutes: (10 * sum(results.map(({ pauses }) => pauses))) / minutes,
  };
}
