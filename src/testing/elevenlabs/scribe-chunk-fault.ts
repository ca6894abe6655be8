import type { FaultKind, FaultQueue } from './faults.js';

/** Kinds that strike after so many chunks. */
const CHUNK_KINDS = [
  'rate-limited',
  'quota-exceeded',
  'session-time-limit',
  'transcriber-error',
  'cut',
  'malformed-json',
  'unknown-message',
] as const;

export type ChunkFaultKind = (typeof CHUNK_KINDS)[number];

const isChunkKind = (kind: FaultKind<'scribe'>): kind is ChunkFaultKind =>
  CHUNK_KINDS.some((known) => known === kind);

/** The faults of one socket that count its chunks, one after the other. */
export class ScribeChunkFault {
  readonly #faults: FaultQueue;
  readonly #name: string;
  readonly #strike: (kind: ChunkFaultKind) => void;
  #armed: { readonly kind: ChunkFaultKind; left: number } | undefined;

  /** @param name what may ask for a fault */
  constructor(faults: FaultQueue, name: string, strike: (kind: ChunkFaultKind) => void) {
    this.#faults = faults;
    this.#name = name;
    this.#strike = strike;
  }

  /** @param hear deals with a chunk */
  around(hear: () => void): void {
    this.#armed ??= this.#next();
    this.#strikeIfDue();
    hear();
    if (this.#armed === undefined) return;
    this.#armed.left--;
    this.#strikeIfDue();
  }

  #next(): { kind: ChunkFaultKind; left: number } | undefined {
    const fault = this.#faults.take('scribe', this.#name, isChunkKind);
    if (fault === undefined || !isChunkKind(fault.kind)) return undefined;
    return { kind: fault.kind, left: fault.after ?? 1 };
  }

  #strikeIfDue(): void {
    if (this.#armed === undefined || this.#armed.left > 0) return;
    const { kind } = this.#armed;
    this.#armed = undefined;
    this.#strike(kind);
  }
}
