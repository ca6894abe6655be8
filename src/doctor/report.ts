import type { Finding, Result } from './check.js';
import { isHealthy } from './runner.js';

const SIGNS: Readonly<Record<Finding['status'], string>> = {
  ok: '✓',
  warning: '!',
  failed: '✗',
  skipped: '–',
};
const COLORS: Readonly<Record<Finding['status'], string>> = {
  ok: '32',
  warning: '33',
  failed: '31',
  skipped: '2',
};
const WIDTH = 18;

/** One result as lines of text. */
export function textOf({ name, finding }: Result, colors: boolean): string {
  const { status } = finding;
  const sign = colors ? `\u001b[${COLORS[status]}m${SIGNS[status]}\u001b[0m` : SIGNS[status];
  const [first = '', ...more] = linesOf(finding);
  const indent = ' '.repeat(WIDTH + 2);
  return [`${sign} ${name.padEnd(WIDTH)}${first}`, ...more.map((line) => indent + line), ''].join('\n');
}

/** The last line. */
export function summaryOf(results: readonly Result[]): string {
  const count = (status: Finding['status']) =>
    results.filter(({ finding }) => finding.status === status).length;
  const counts = `${count('ok')} ok, ${count('warning')} to look at, ${count('failed')} failed, ${count('skipped')} skipped`;
  return `\n${isHealthy(results) ? 'Nothing failed' : 'Something is wrong'}: ${counts}.\n`;
}

/** `{ ok, checks: [{ name, status, detail | problems | reason }] }` */
export const jsonOf = (results: readonly Result[]): string =>
  `${JSON.stringify({ ok: isHealthy(results), checks: results.map(({ name, finding }) => ({ name, ...finding })) }, null, 2)}\n`;

function linesOf(finding: Finding): string[] {
  switch (finding.status) {
    case 'ok':
      return [finding.detail];
    case 'skipped':
      return [`skipped: ${finding.reason}`];
    default:
      return finding.problems.flatMap(({ problem, fix }) => [problem, `Fix: ${fix}`]);
  }
}
