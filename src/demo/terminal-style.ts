export type Tone = 'plain' | 'caller' | 'agent' | 'alarm' | 'good' | 'faint';

const CODES: Record<Tone, string> = {
  plain: '',
  caller: '36',
  agent: '33',
  alarm: '1;31',
  good: '32',
  faint: '2',
};

const WIDEST = 100;
const NARROWEST = 72;

/** What the terminal can show. */
export interface TerminalStyle {
  readonly colors: boolean;
  readonly unicode: boolean;
  readonly columns: number;
}

export interface TerminalFacts {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  readonly platform: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export function terminalStyle({ isTTY, columns, platform, environment }: TerminalFacts): TerminalStyle {
  const { NO_COLOR = '', TERM, COLUMNS, WT_SESSION } = environment;
  const locale = [environment.LC_ALL, environment.LC_CTYPE, environment.LANG].find(Boolean) ?? '';
  const width = columns ?? (Number(COLUMNS) || WIDEST);
  return {
    colors: isTTY && NO_COLOR === '' && TERM !== 'dumb',
    unicode: platform === 'win32' ? WT_SESSION !== undefined : /utf-?8/i.test(locale),
    columns: Math.min(WIDEST, Math.max(NARROWEST, width)),
  };
}

export function paint(style: TerminalStyle, tone: Tone, text: string): string {
  const code = CODES[tone];
  return style.colors && code !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
}

/** ASCII where the terminal shows nothing else. */
export const plainText = (style: TerminalStyle, text: string): string =>
  style.unicode ? text : text.replaceAll('…', '...').replaceAll('─', '-').replaceAll('│', '|');
