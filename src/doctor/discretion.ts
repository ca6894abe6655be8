import type { Environment } from '../environment.js';
import type { Finding, Result } from './check.js';

const HIDDEN = '[secret]';
/** Shorter values are no secrets, and occur in words. */
const SHORTEST = 8;
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu;

/** Everything that must not be printed, whatever a check or a server says. */
export function secretsOf(environment: Environment): readonly string[] {
  const { TWILIO_AUTH_TOKEN, ELEVENLABS_API_KEY, OPENAI_API_KEY } = environment;
  const urls = [environment.PUBLIC_URL, environment.ELEVENLABS_BASE_URL, environment.OPENAI_BASE_URL];
  const passwords = urls.flatMap((url) => {
    const { password } = new URL(url ?? 'http://localhost');
    return [password, decodeURIComponent(password)];
  });
  return [TWILIO_AUTH_TOKEN, ELEVENLABS_API_KEY, OPENAI_API_KEY, ...passwords].filter(
    (secret): secret is string => secret !== undefined && secret.length >= SHORTEST,
  );
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
