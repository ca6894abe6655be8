/** The name of an error, never what it says; one that looks like anything else is not told. */
export function kindOfError(error: unknown): string {
  const { name } = Object(error) as { name?: unknown };
  return typeof name === 'string' && /^[A-Za-z]{1,40}$/.test(name) ? name : 'other';
}
