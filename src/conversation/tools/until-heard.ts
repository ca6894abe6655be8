/** Time for a tool that waits until everything said before it has been heard, ms. */
export const UNTIL_HEARD_MS = 300_000;

/** `name: description` of each, for the model; never where it leads. */
export function namesAndDescriptions(
  entries: Readonly<Record<string, { readonly description?: string | undefined }>>,
): string {
  return Object.entries(entries)
    .map(([name, { description }]) => (description === undefined ? name : `${name}: ${description}`))
    .join('; ');
}
