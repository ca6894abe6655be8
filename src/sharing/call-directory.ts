/** What is told of a call to the other instances: plain JSON. */
export type CallFacts = Readonly<Record<string, string | number | boolean>>;

/** A call in progress, wherever. */
export interface DirectoryEntry {
  readonly callSid: string;
  /** The instance that its stream is at. */
  readonly instance: string;
  /** When it was entered, ms since 1970. */
  readonly since: number;
  readonly facts: CallFacts;
}

/**
 * The live calls of all instances. The calls of an instance that dies vanish when its heartbeat expires. What is asked of
 * other instances rejects with a SharingUnavailableError at once while it cannot be known.
 */
export interface CallDirectory {
  /** This instance, among all of them. */
  readonly instance: string;
  /** Calls of this instance. */
  readonly ownCount: number;
  /**
   * Never rejects: what cannot be told now is told later. Resolves when the others can see it, or when that has to wait.
   */
  enter(callSid: string, facts?: CallFacts): Promise<void>;
  /** Never rejects, as {@link enter}. */
  leave(callSid: string): Promise<void>;
  /** One of this instance is found whatever else is away. */
  find(callSid: string): Promise<DirectoryEntry | undefined>;
  list(): Promise<DirectoryEntry[]>;
  count(): Promise<number>;
  /** Instances that are alive, with or without calls. */
  instances(): Promise<string[]>;
}

/** DI token of the {@link CallDirectory}. */
export const CALL_DIRECTORY = Symbol('CALL_DIRECTORY');
