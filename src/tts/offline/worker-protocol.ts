import type { SpokenClause } from './clause-speaker.js';
import type { FliteVoice } from './flite.js';

/** What the worker starts with. */
export interface WorkerSettings {
  readonly wasmPath: string;
  readonly cacheBytes: number;
}

/** A clause to speak. */
export interface ClauseRequest {
  readonly text: string;
  readonly voice: FliteVoice;
  /** Duration factor: 2 speaks half as fast. */
  readonly stretch: number;
}

/** The worker's answer to each request, in order. */
export type ClauseAnswer = { readonly clause: SpokenClause } | { readonly error: string };
