/** What a cell of the matrix sets. */
export interface Settings {
  readonly http: 'express' | 'fastify';
  /** What the host's own sockets are made with. */
  readonly sockets: 'socket.io' | 'ws' | 'none';
  readonly voice: 'readable' | 'offline';
  /** The line in `main.ts` is left out. */
  readonly forgetsAdapter: boolean;
  readonly publicUrl: string;
  readonly authToken: string;
}

/** @throws Error when the environment has no settings */
export function settings(): Settings {
  const { SETTINGS } = process.env;
  if (SETTINGS === undefined) throw new Error('SETTINGS is missing: JSON of the settings');
  return JSON.parse(SETTINGS) as Settings;
}
