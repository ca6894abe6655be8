import { firstWords, lastWords, seconds } from './lanes.js';
import type { CallMeasures, InterruptionMeasures } from './measures.js';
import { paint, plainText, type TerminalStyle, type Tone } from './terminal-style.js';

export interface SummaryFacts {
  readonly withoutClear: boolean;
  /** When the call began, ms on the clock. */
  readonly startMs: number;
  readonly wavPath: string;
}

const LABEL = 18;
const WORDS = 8;

const ms = (value: number) => `${Math.round(value)} ms`;
const quoted = (text: string) => (text === '' ? '(nothing)' : `"${text}"`);

/** What the call showed, in lines. */
export function summaryLines(measures: CallMeasures, facts: SummaryFacts, style: TerminalStyle): string[] {
  const { withoutClear, startMs, wavPath } = facts;
  const other = withoutClear ? 'npm run demo' : 'npm run demo -- --without-clear';
  return [
    '',
    withoutClear
      ? "The bug: no pacing and no clear (measured in the audio at the caller's ear)"
      : "The call (measured in the audio at the caller's ear)",
    ...measures.interruptions.flatMap((interruption, index) => [
      '',
      `  ${index + 1}. ${seconds(interruption.onsetMs - startMs)} s: the caller interrupts with ${quoted(interruption.text)}`,
      ...interruptionLines(interruption, withoutClear, style),
    ]),
    '',
    '  Whole call',
    ...totalLines(measures),
    '',
    `Recording: ${wavPath}`,
    '           left: the caller, right: what the caller heard',
    `To compare: ${other}`,
  ].map((line) => plainText(style, line));
}

function interruptionLines(
  interruption: InterruptionMeasures,
  withoutClear: boolean,
  style: TerminalStyle,
): string[] {
  const { waitingMs, sentMs, heardMs, thrownAwayMs, account } = interruption;
  const claimed = account === undefined ? '' : ` (by the agent's account ${ms(account.heardMs)})`;
  const whose = withoutClear ? 'agent believes' : 'heard';
  return [
    row('onset to silence', verdict(interruption), style, interruption.fellSilent ? 'good' : 'alarm'),
    row('waiting at Twilio', `${ms(waitingMs)} when the caller began`, style),
    row('sent / heard', `${ms(sentMs)} / ${ms(heardMs)}${claimed}`, style),
    row('thrown away', thrownAway(thrownAwayMs, interruption.clearArrivedAfterMs), style),
    ...(account === undefined
      ? []
      : [
          row(whose, quoted(lastWords(account.heardText, WORDS)), style),
          row(withoutClear ? 'and not' : 'not heard', quoted(firstWords(account.unheardText, WORDS)), style),
        ]),
  ];
}

function verdict(interruption: InterruptionMeasures): string {
  const { silentAfterMs, fellSilent, clearSentAfterMs, clearArrivedAfterMs } = interruption;
  if (!fellSilent)
    return `never: it talked on for ${(silentAfterMs / 1000).toFixed(1)} s, until the caller hung up`;
  const path =
    clearSentAfterMs === undefined || clearArrivedAfterMs === undefined
      ? 'no clear was sent'
      : `way up, detection ${ms(clearSentAfterMs)}; clear's way down ${ms(clearArrivedAfterMs - clearSentAfterMs)}`;
  return `${ms(silentAfterMs)} (${path})`;
}

const thrownAway = (thrownAwayMs: number, clearMs: number | undefined) =>
  clearMs === undefined ? 'nothing: no clear was sent' : `${ms(thrownAwayMs)} by the clear`;

function totalLines(measures: CallMeasures): string[] {
  const { sentMs, heardMs, thrownAwayMs, leftOverMs, peakHeldMs, clears, marks } = measures;
  return [
    row('sent', `${seconds(sentMs)} s in all, ${marks} marks, ${clears} clears`),
    row('heard', `${seconds(heardMs)} s`),
    row('thrown away', `${ms(thrownAwayMs)}; ${ms(leftOverMs)} waiting when the caller hung up`),
    row('most ever waiting', ms(peakHeldMs)),
  ];
}

function row(label: string, text: string, style?: TerminalStyle, tone: Tone = 'plain'): string {
  const shown = style === undefined ? text : paint(style, tone, text);
  return `     ${label.padEnd(LABEL)}${shown}`;
}
