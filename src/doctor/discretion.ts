import type { Environment } from '../environment.js';
import type { Finding, Result } from './check.js';

const HIDDEN = '[secret]';
/** Shorter values are no secrets, and occur in words. */
const SHORTEST = 8;
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu;

/** Everything that must not be printed, whatever a check or a server says. */
export function secretsOf(environment: Environment): readonly string[] {
  const secrets = Object.entries(environment).flatMap(([name, value]) =>
    typeof value === 'string' && /_(?:KEY|TOKEN)$/.test(name) ? [value] : [],
  );
  const { REDIS_URL } = environment;
  const password = REDIS_URL === undefined ? '' : new URL(REDIS_URL).password;
  return [...secrets, password, decoded(password)].filter(({ length }) => length >= SHORTEST);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The result without secrets, and without characters that a terminal obeys. */
export function discreet({ name, finding }: Result, secrets: readonly string[]): Result {
  const clean = (text: string) =>
    secrets.reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text).replace(UNPRINTABLE, ' ');
  return { name, finding: cleaned(finding, clean) };
}

function cleaned(finding: Finding, clean: (text: string) => string): Finding {
  switch (finding.status) {
    case 'ok':
      return { ...finding, detail: clean(finding.detail) };
    case 'skipped':
      return { ...finding, reason: clean(finding.reason) };
    default:
      return {
        ...finding,
        problems: finding.problems.map(({ problem, fix }) => ({ problem: clean(problem), fix: clean(fix) })),
      };
  }
}
