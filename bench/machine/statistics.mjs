/** The value below which the given share lies, nearest rank; undefined without values. */
export function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

export function median(values) {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const middle = known.length >> 1;
  return known.length % 2 === 1 ? known[middle] : mean(known[middle - 1], known[middle]);
}

/** The figures a run is described by. */
export function spread(values) {
  return {
    count: values.length,
    p50: percentile(values, 0.5),
    p90: percentile(values, 0.9),
    p99: percentile(values, 0.99),
    max: percentile(values, 1),
  };
}

function mean(low, high) {
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
