import { decodeMuLaw } from '../audio/mu-law.js';
import { levelDb } from './level.js';
import { paint, plainText, type TerminalStyle, type Tone } from './terminal-style.js';

export type Lane = 'caller' | 'agent';

/** Something to be written into a lane. */
export interface Note {
  /** ms on the clock. */
  readonly atMs: number;
  readonly lane: Lane;
  readonly text: string;
  readonly tone: Tone;
}

/** What was to be heard in a stretch of the call. */
export interface Glimpse {
  readonly callerAudio: Uint8Array;
  readonly heardAudio: Uint8Array;
  /** Waiting at Twilio at the end of the stretch, ms. */
  readonly heldMs: number;
  /** Marks that came back. */
  readonly marks: number;
}

interface Cell {
  readonly text: string;
  readonly tone: Tone;
}

const TIME = 7;
const HELD = 8;
const MARKS = 5;
const GAPS = 4 * 3;
const BARS = 20;
const BLOCKS = '·▁▂▃▄▅▆▇█';
const ASCII_BLOCKS = '.-=*#';
const QUIET_DB = -54;
const LOUD_DB = -12;

/** Two lanes side by side, row by row: no cursor tricks, so it reads the same in a terminal and in a file. */
export class Lanes {
  readonly #style: TerminalStyle;
  readonly #laneWidth: number;

  constructor(style: TerminalStyle) {
    this.#style = style;
    this.#laneWidth = Math.floor((style.columns - TIME - HELD - MARKS - GAPS) / 2);
  }

  header(): string[] {
    const rule = (width: number) => '─'.repeat(width);
    const titles = ['time s', 'caller', 'agent, as heard', 'held ms', 'marks'];
    return [
      this.#row(titles.map((text) => ({ text, tone: 'plain' }))),
      this.#row(this.#widths().map((width) => ({ text: rule(width), tone: 'faint' }))),
    ];
  }

  /** @param ms since the call began */
  glimpse(ms: number, { callerAudio, heardAudio, heldMs, marks }: Glimpse): string {
    return this.#row([
      { text: seconds(ms), tone: 'faint' },
      { text: this.bars(callerAudio), tone: 'caller' },
      { text: this.bars(heardAudio), tone: 'agent' },
      { text: String(Math.round(heldMs)), tone: heldMs > 1000 ? 'alarm' : 'faint' },
      { text: marks === 0 ? '' : String(marks), tone: 'faint' },
    ]);
  }

  /** @param ms since the call began */
  note(ms: number, { lane, text, tone }: Omit<Note, 'atMs'>): string[] {
    const nothing: Cell = { text: '', tone: 'plain' };
    return wrap(plainText(this.#style, text), this.#laneWidth).map((line, index) => {
      const time: Cell = { text: index === 0 ? seconds(ms) : '', tone: 'plain' };
      const words: Cell = { text: line, tone };
      return this.#row(lane === 'caller' ? [time, words] : [time, nothing, words]);
    });
  }

  /** Loudness over time, the same number of bars whatever the length. */
  bars(mulaw: Uint8Array): string {
    const blocks = this.#style.unicode ? BLOCKS : ASCII_BLOCKS;
    const step = mulaw.length / BARS;
    return Array.from({ length: BARS }, (_, index) => {
      const part = mulaw.subarray(Math.round(index * step), Math.round((index + 1) * step));
      const loudness = (levelDb(decodeMuLaw(part)) - QUIET_DB) / (LOUD_DB - QUIET_DB);
      const height = Math.ceil(Math.min(1, Math.max(0, loudness)) * (blocks.length - 1));
      return blocks.charAt(height);
    }).join('');
  }

  #widths(): number[] {
    return [TIME, this.#laneWidth, this.#laneWidth, HELD, MARKS];
  }

  #row(cells: readonly Cell[]): string {
    const row = cells
      .map(({ text, tone }, index) => {
        const width = this.#widths()[index] ?? 0;
        const shown = plainText(this.#style, text);
        const isNumber = index !== 1 && index !== 2;
        const padded = isNumber ? shown.padStart(width) : shown.padEnd(width);
        return paint(this.#style, tone, padded);
      })
      .join(plainText(this.#style, ' │ '));
    return row.trimEnd();
  }
}

export const seconds = (ms: number): string => (ms / 1000).toFixed(2);

/** Lines of at most `width`; a word that is longer stands on a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** The last words of a text. */
export function lastWords(text: string, count: number): string {
  const words = text.trim().split(/\s+/);
  return words.length <= count ? words.join(' ') : `… ${words.slice(-count).join(' ')}`;
}

/** The first words of a text. */
export function firstWords(text: string, count: number): string {
  const words = text.trim().split(/\s+/);
  return words.length <= count ? words.join(' ') : `${words.slice(0, count).join(' ')} …`;
}
