const HINTS: Readonly<Record<string, string>> = {
  401: 'a global guard of the host refuses it: give the module what lets it pass, such as { decorators: [Public()] }',
  403: 'it is signed for another address or with another token: PUBLIC_URL and TWILIO_AUTH_TOKEN must be those of the host',
  404: 'there is no webhook of this package: add the global prefix of the host, if it has one, to PUBLIC_URL (https://…/api), or give the URL where calls come in, which the host logs when it starts',
  429: 'a rate limit of the host refuses it: give the module { decorators: [SkipThrottle()] }',
};

/**
 * What the usual refusals of a webhook mean, and their fix.
 * @param problem as a simulated call tells it
 */
export function withHint(problem: string): string {
  const [, status = ''] = /^11200 .* answered (\d{3})$/.exec(problem) ?? [];
  const hint = HINTS[status] ?? (problem.includes('fetch failed') ? 'is the host running there?' : undefined);
  return hint === undefined ? problem : `${problem}: ${hint}`;
}
