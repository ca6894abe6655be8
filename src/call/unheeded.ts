/** A promise that fails before anybody asks for its value, or when nobody does any more, must not end the process. */
export function unheeded(value: unknown): void {
  const { then } = Object(value) as { then?: unknown };
  if (typeof then === 'function') Promise.resolve(value).catch(() => undefined);
}
