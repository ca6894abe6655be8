import { isBenign, INTERRUPTIONS } from './corpus/groups.mjs';
import { falseStopFigures, grouped, interruptionFigures } from './statistics.mjs';

const rounded = (value, digits = 0) => (Number.isNaN(value) ? '-' : value.toFixed(digits));

function interruptionRow(cases) {
  const { n, p50, p95, missedPercent, early } = interruptionFigures(cases);
  return { n, 'p50 ms': rounded(p50), 'p95 ms': rounded(p95), 'missed %': rounded(missedPercent, 1), early };
}

function soundRow(cases) {
  const { n, p50, missedPercent, early } = interruptionFigures(cases);
  return { n, 'p50 ms': rounded(p50), 'stopped %': rounded(100 - missedPercent, 1), early };
}

function noiseRow(results) {
  const { minutes, per10Minutes, silentPercent, pausesPer10Minutes } = falseStopFigures(results);
  return {
    minutes: rounded(minutes),
    'false stops / 10 min': rounded(per10Minutes, 1),
    'agent silent %': rounded(silentPercent, 1),
    'pauses / 10 min': rounded(pausesPer10Minutes, 1),
  };
}

function eventRow(events) {
  const { n, p50, p95, missedPercent, early } = interruptionFigures(events);
  const stopped = rounded(100 - missedPercent, 1);
  return { n, 'p50 ms': rounded(p50), 'p95 ms': rounded(p95), 'stopped %': stopped, early };
}

/** One row for each group and profile, the profiles of a group together. */
function table(title, byProfile, rowsOf, rowOf) {
  const rows = Object.entries(byProfile).flatMap(([profile, result]) =>
    [...rowsOf(result)].map(([name, items]) => ({ name, profile, ...rowOf(items) })),
  );
  const order = [...new Set(rows.map(({ name }) => name))];
  rows.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  if (rows.length > 0) print(title, rows);
}

function print(title, rows) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const width = (column) => Math.max(column.length, ...rows.map((row) => String(row[column] ?? '').length));
  const isText = (column) => rows.some((row) => /[a-z]/i.test(String(row[column] ?? '')));
  const cell = (text, column) => (isText(column) ? text.padEnd(width(column)) : text.padStart(width(column)));
  const line = (of) => columns.map((column) => cell(String(of(column) ?? ''), column)).join('  ');
  console.log(`\n${title}\n${line((column) => column)}`);
  for (const row of rows) console.log(line((column) => row[column]));
}

function plainGroups({ interruptions }) {
  const plain = interruptions.filter(({ condition }) => condition === 'as recorded');
  const speech = plain.filter(({ group }) => INTERRUPTIONS.includes(group) && group !== 'shouting');
  const groups = grouped(
    plain.filter(({ group }) => INTERRUPTIONS.includes(group)),
    ({ group }) => group,
  );
  return speech.length > 0 ? new Map([['all speech', speech], ...groups]) : groups;
}

const otherGroups = ({ interruptions }) =>
  grouped(
    interruptions.filter(({ group }) => !INTERRUPTIONS.includes(group)),
    ({ group }) => group,
  );

function noiseGroups({ negatives }) {
  const benign = negatives.filter(({ group }) => isBenign(group));
  const groups = grouped(negatives, ({ group }) => group);
  return benign.length > 0 ? new Map([['all benign', benign], ...groups]) : groups;
}

/** The report on the console. @param byProfile results of `measure` by profile */
export function printTables(byProfile) {
  table('Interruptions, onset to silence at the ear', byProfile, plainGroups, interruptionRow);
  table('Sounds that need not stop the agent', byProfile, otherGroups, soundRow);
  const mixed = ({ interruptions }) =>
    grouped(
      interruptions.filter(({ condition }) => condition !== 'as recorded'),
      ({ condition }) => condition,
    );
  table('Interruptions in noise', byProfile, mixed, interruptionRow);
  table('Nobody speaks: the agent is stopped all the same', byProfile, noiseGroups, noiseRow);
  const events = ({ calls }) =>
    grouped(
      calls.flatMap((call) => call.events),
      ({ type }) => type,
    );
  table('Events in whole calls', byProfile, events, eventRow);
  const extra = ({ calls }) => grouped(calls, ({ background }) => background);
  table('Stops in whole calls that belong to no event', byProfile, extra, (calls) => ({
    calls: calls.length,
    stops: calls.flatMap(({ extraStopsMs }) => extraStopsMs).length,
  }));
  const delayOf = (each) => (each.echo === undefined ? 'no echo' : `echo after ${each.echo} ms`);
  table('Interruptions with echo', byProfile, ({ echo }) => grouped(echo.cases, delayOf), interruptionRow);
  table('The agent alone with its echo', byProfile, ({ echo }) => grouped(echo.alone, delayOf), noiseRow);
}
