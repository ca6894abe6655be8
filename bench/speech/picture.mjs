import { interruptionFigures, falseStopFigures } from './statistics.mjs';
import { isBenign, INTERRUPTIONS } from './corpus/groups.mjs';

const COLOURS = ['#2563eb', '#c2410c', '#047857', '#a21caf', '#475569', '#b45309'];
const PANEL = { width: 470, height: 380, top: 84 };
const LEFTS = [82, 640];
const SIZE = { width: 1150, height: 560 };
/** Rates below this are drawn on the bottom line. */
const LEAST = 0.1;
/** Each so many points of a curve the bar's length is written beside it. */
const NAMED_EACH = 3;

/** Figures of the whole calls of one profile: the point beside its curve. */
function pointOf({ interruptions, negatives }) {
  const plain = interruptions.filter(
    ({ condition, group }) =>
      condition === 'as recorded' && INTERRUPTIONS.includes(group) && group !== 'shouting',
  );
  const benign = negatives.filter(({ group }) => isBenign(group));
  if (plain.length === 0 || benign.length === 0) return undefined;
  const { p50, p95, missedPercent } = interruptionFigures(plain);
  return { p50, p95, missedPercent, per10Minutes: falseStopFigures(benign).per10Minutes };
}

/** @returns an SVG: false stops against delay, and against missed interruptions */
export function picture(byProfile) {
  const series = Object.entries(byProfile).map(([name, result], index) => ({
    name,
    colour: COLOURS[index % COLOURS.length],
    curve: result.sweep ?? [],
    point: pointOf(result),
  }));
  const all = series.flatMap(({ curve, point }) => (point === undefined ? curve : [...curve, point]));
  const rate = rateScale(Math.max(1, ...all.map(({ per10Minutes }) => per10Minutes)));
  const delay = scale(Math.max(400, ...all.map(({ p95 }) => p95 || 0)), 100, LEFTS[0]);
  const missed = scale(Math.max(5, ...all.map(({ missedPercent }) => missedPercent || 0)), 0, LEFTS[1]);
  const body = [
    ...axes(LEFTS[0], delay, rate, 'caller’s first sound to silence at the caller’s ear, ms'),
    ...axes(LEFTS[1], missed, rate, 'interruptions missed, %'),
    ...series.flatMap((each) => [
      ...line(each, ({ p50 }) => delay.at(p50), rate.at, ''),
      ...line(each, ({ p95 }) => delay.at(p95), rate.at, '6 4'),
      ...line(each, ({ missedPercent }) => missed.at(missedPercent), rate.at, '', LEFTS[1] + 4),
    ]),
    ...legend(series),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="sans-serif" font-size="13" fill="#1f2937">
<rect width="${SIZE.width}" height="${SIZE.height}" fill="#ffffff"/>
${body.join('\n')}
</svg>
`;
}

function scale(most, from, left) {
  const step = niceStep((most - from) / 5);
  const end = from + Math.ceil((most - from) / step - 1e-9) * step;
  const ticks = Array.from(
    { length: Math.round((end - from) / step) + 1 },
    (_, index) => from + index * step,
  );
  return { ticks, at: (value) => left + ((value - from) / (end - from)) * PANEL.width };
}

function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough - 1e-9);
}

/** Logarithmic from {@link LEAST}. */
function rateScale(most) {
  const decades = Math.ceil(Math.log10(most / LEAST) - 1e-9);
  const ticks = Array.from({ length: decades + 1 }, (_, index) => LEAST * 10 ** index);
  const at = (value) =>
    PANEL.top + PANEL.height * (1 - Math.log10(Math.max(LEAST, value) / LEAST) / Math.max(1, decades));
  return { ticks, at };
}

const text = (x, y, content, more = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${content}</text>`;
const stroke = (x1, y1, x2, y2, colour) =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${colour}"/>`;

function axes(left, x, y, title) {
  const bottom = PANEL.top + PANEL.height;
  const grid = y.ticks.flatMap((tick) => [
    stroke(left, y.at(tick), left + PANEL.width, y.at(tick), '#e5e7eb'),
    text(
      left - 8,
      y.at(tick) + 4,
      tick === LEAST ? `≤ ${LEAST}` : Number(tick.toPrecision(1)),
      'text-anchor="end"',
    ),
  ]);
  const ticks = x.ticks.flatMap((tick) => [
    stroke(x.at(tick), bottom, x.at(tick), bottom + 5, '#6b7280'),
    text(x.at(tick), bottom + 20, Number(tick.toPrecision(4)), 'text-anchor="middle"'),
  ]);
  const middle = PANEL.top + PANEL.height / 2;
  return [
    ...grid,
    ...ticks,
    stroke(left, bottom, left + PANEL.width, bottom, '#6b7280'),
    text(left + PANEL.width / 2, bottom + 42, title, 'text-anchor="middle"'),
    text(
      left - 52,
      middle,
      'false stops in 10 min of benign noise',
      `text-anchor="middle" transform="rotate(-90 ${left - 52} ${middle})"`,
    ),
  ];
}

/** Below the line, or above it where the axis is near. */
const besides = (y) => (y > PANEL.top + PANEL.height - 24 ? y - 8 : y + 16);

function line({ curve, point, colour }, x, y, dashes, namedFrom = 0) {
  const drawn = curve.filter((each) => Number.isFinite(x(each)));
  const points = drawn.map((each) => `${x(each).toFixed(1)},${y(each.per10Minutes).toFixed(1)}`).join(' ');
  const parts = [
    `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dashes}"/>`,
    ...drawn.map(
      (each) =>
        `<circle cx="${x(each).toFixed(1)}" cy="${y(each.per10Minutes).toFixed(1)}" r="2.5" fill="${colour}"/>`,
    ),
    ...drawn
      .filter((each, index) => dashes === '' && index % NAMED_EACH === 0 && x(each) > namedFrom)
      .map((each) =>
        text(
          x(each) - 8,
          besides(y(each.per10Minutes)),
          each.barMs,
          `fill="${colour}" font-size="11" stroke="#ffffff" stroke-width="3" paint-order="stroke"`,
        ),
      ),
  ];
  if (point !== undefined && Number.isFinite(x(point)))
    parts.push(
      `<rect x="${(x(point) - 5).toFixed(1)}" y="${(y(point.per10Minutes) - 5).toFixed(1)}" width="10" height="10" fill="#ffffff" stroke="${colour}" stroke-width="2.5"/>`,
    );
  return parts;
}

function legend(series) {
  const names = series.flatMap(({ name, colour }, index) => [
    `<rect x="${LEFTS[0] + index * 150}" y="40" width="14" height="14" fill="${colour}"/>`,
    text(LEFTS[0] + index * 150 + 20, 52, name),
  ]);
  return [
    text(LEFTS[0], 24, 'What stopping soon costs in false stops', 'font-size="17" font-weight="bold"'),
    ...names,
    text(
      LEFTS[0],
      SIZE.height - 22,
      'Lines: detector and rule alone, plus the way there and back; numbers are the voiced ms asked for. Solid p50, dashed p95. Squares: whole calls with the rule as it is.',
      'font-size="12" fill="#4b5563"',
    ),
  ];
}
