import type { VoiceCall } from './voice-call.js';

/** On whose behalf code of the host's runs. */
export interface CallWork {
  readonly call: VoiceCall;
  /** The answer that is being written, as `answer` events number it. */
  readonly answer?: number;
  /** The run of a tool, as `tool` events tell it apart. */
  readonly tool?: string;
}

/**
 * Runs the host's code of a call inside something of the host's own, such as an `AsyncLocalStorage`: the `when` of agents,
 * the agent with each step of an async iterable, its tools, `@OnCallEvent` handlers, the store of records.
 */
export interface CallScope {
  /**
   * Has to call `task` once, before it returns. What `task` returns or throws is not its concern; if it fails itself, the
   * task runs all the same.
   */
  run(work: CallWork, task: () => void): void;
}

/** DI token of the host's {@link CallScope}; there is none by default. */
export const CALL_SCOPE = Symbol('CALL_SCOPE');

/** Runs code of the host's on behalf of a call. @throws what `task` throws */
export type RunInScope = <T>(task: () => T) => T;

/** Where nothing surrounds the host's code. */
export const NO_SCOPE: RunInScope = (task) => task();

interface Surroundings {
  /** The first one outermost; there may be more later. */
  readonly scopes: readonly CallScope[];
  /** A scope failed. */
  readonly failed: (error: unknown, call: VoiceCall) => void;
}

const surroundings = new WeakMap<VoiceCall, Surroundings>();

/** From now on the call's code runs inside these. */
export function surround(call: VoiceCall, by: Surroundings): void {
  surroundings.set(call, by);
}

/** Runs code of the host's inside the scopes of its call. @throws what `task` throws */
export function inScope<T>(work: CallWork, task: () => T): T {
  const by = surroundings.get(work.call);
  return by === undefined ? task() : inside(by, 0, work, task);
}

function inside<T>(by: Surroundings, index: number, work: CallWork, task: () => T): T {
  const scope: AnyScope | undefined = by.scopes[index];
  if (scope === undefined) return task();
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  const once = () => {
    if (outcome !== undefined) return;
    try {
      outcome = { value: inside(by, index + 1, work, task) };
    } catch (error) {
      outcome = { error };
    }
  };
  const failed = (error: unknown) => {
    by.failed(error, work.call);
  };
  try {
    const returned = scope.run(work, once);
    if (returned !== undefined) Promise.resolve(returned).catch(failed);
    if (outcome === undefined) failed(new TaskNotCalledError('run has to call task before it returns'));
  } catch (error) {
    failed(error);
  }
  once();
  return resultOf(outcome);
}

/** TypeScript takes an async method where nothing is to be returned. */
interface AnyScope {
  run(...parameters: Parameters<CallScope['run']>): unknown;
}

class TaskNotCalledError extends Error {
  override readonly name = 'TaskNotCalledError';
}

/** TypeScript does not see that a closure has set it. */
function resultOf<T>(outcome: { readonly value: T } | { readonly error: unknown } | undefined): T {
  if (outcome !== undefined && 'value' in outcome) return outcome.value;
  throw outcome?.error;
}
