import { unheeded } from '../../call/unheeded.js';
import type { VoiceCall } from '../../call/voice-call.js';

/** Whether the agent is for the call. A method's type: conditions of any agent are conditions. */
export type AgentTest<Agent> = { test(call: VoiceCall, agent: Agent): boolean }['test'];

/** Which calls an agent is for; all that is given must hold. Without any it takes the calls that no other agent is for. */
export interface AgentConditions<Agent = unknown> {
  /** Numbers of yours, E.164: the call came in on one of them, or was placed from it. */
  readonly number?: string | readonly string[];
  /** Parameters of the call, all of them with these values. */
  readonly parameter?: Readonly<Record<string, string>>;
  /** Asked with the agent, and whatever is injected in it, as the call begins. Throwing is a no. */
  readonly when?: AgentTest<Agent>;
}

/** {@link AgentConditions} that have been looked at. */
export interface CheckedConditions {
  readonly numbers: readonly string[];
  readonly parameters: readonly (readonly [name: string, value: string])[];
  readonly when: AgentTest<unknown> | undefined;
}

/** An agent that may be chosen. */
export interface AgentCandidate<Agent = unknown> {
  /** Of its class. */
  readonly name: string;
  readonly agent: Agent;
  readonly conditions: CheckedConditions;
}

export interface AgentChoice<Candidate> {
  /** Undefined: no agent is for this call. */
  readonly chosen: Candidate | undefined;
  /** As specific as the one that was chosen, and for this call too. */
  readonly rival?: Candidate;
}

export const NO_CONDITIONS: CheckedConditions = { numbers: [], parameters: [], when: undefined };

const E164 = /^\+[1-9]\d{1,14}$/;
const KNOWN = ['number', 'parameter', 'when'];

/** @throws TypeError that names the agent's class, and what is wrong */
export function checkedConditions(name: string, conditions: AgentConditions): CheckedConditions {
  const fail = (what: string): never => {
    throw new TypeError(`@VoiceAgent ${name}: ${what}`);
  };
  for (const [key, value] of Object.entries(conditions)) {
    if (!KNOWN.includes(key)) fail(`${key} is unknown; there are ${KNOWN.join(', ')}`);
    // An environment variable that is not set would make it the agent of all other calls.
    if (value === undefined)
      fail(
        `${key} is undefined, as an environment variable is that is read too early: give a value, or use when`,
      );
  }
  const { number = [], parameter = {}, when } = conditions;
  const numbers: readonly unknown[] = [...new Set([number].flat())];
  const parameters = Object.entries(parameter as Record<string, unknown>);
  if (conditions.number !== undefined && numbers.length === 0) fail('number names no number');
  for (const one of numbers)
    if (typeof one !== 'string' || !E164.test(one))
      fail(`number must be one of yours, or several, in E.164 such as +4930123456, not ${String(one)}`);
  if (conditions.parameter !== undefined && parameters.length === 0) fail('parameter names no parameter');
  for (const [key, value] of parameters)
    if (typeof value !== 'string') fail(`parameter ${key} must be a text, not ${typeof value}`);
  if (when !== undefined && (typeof when !== 'function' || when.constructor.name === 'AsyncFunction'))
    fail('when must be a function that tells at once: look up beforehand what takes time, in CALL_ADMISSION');
  return {
    numbers: numbers as readonly string[],
    parameters: (parameters as [string, string][]).sort(([one], [other]) => (one < other ? -1 : 1)),
    when,
  };
}

/** Whether it takes the calls that no other agent is for. */
export const isDefault = ({ numbers, parameters, when }: CheckedConditions): boolean =>
  numbers.length === 0 && parameters.length === 0 && when === undefined;

/** Two agents that no call could tell apart, and what they share. */
export function conflict<Candidate extends AgentCandidate>(
  candidates: readonly Candidate[],
): { readonly agents: readonly [Candidate, Candidate]; readonly shared: string } | undefined {
  const known = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const { numbers, parameters, when } = candidate.conditions;
    if (when !== undefined) continue;
    for (const number of numbers.length === 0 ? [''] : numbers) {
      const told = parameters.map(([name, value]) => `parameter ${name}=${value}`);
      const shared = [...(number === '' ? [] : [`number ${number}`]), ...told].join(', ');
      const former = known.get(shared);
      if (former !== undefined) return { agents: [former, candidate], shared };
      known.set(shared, candidate);
    }
  }
  return undefined;
}

/**
 * The most specific agent that is for the call: a function goes before parameters, more parameters before fewer, those
 * before a number, and an agent without conditions comes last.
 * @param failed told of a `when` that throws or gives no answer
 */
export function chooseAgent<Candidate extends AgentCandidate>(
  call: VoiceCall,
  candidates: readonly Candidate[],
  failed: (candidate: Candidate, error: unknown) => void,
): AgentChoice<Candidate> {
  const fitting = candidates
    .filter((candidate) => fits(call, candidate, failed))
    .sort((one, other) => rank(other.conditions) - rank(one.conditions));
  const [chosen, next] = fitting;
  const isTie = chosen && next && rank(chosen.conditions) === rank(next.conditions);
  return isTie ? { chosen, rival: next } : { chosen };
}

const MOST_PARAMETERS = 1_000;

const rank = ({ numbers, parameters, when }: CheckedConditions): number =>
  (when === undefined ? 0 : 2 * MOST_PARAMETERS) + 2 * parameters.length + Math.min(numbers.length, 1);

function fits<Candidate extends AgentCandidate>(
  call: VoiceCall,
  candidate: Candidate,
  failed: (candidate: Candidate, error: unknown) => void,
): boolean {
  const { numbers, parameters, when } = candidate.conditions;
  if (numbers.length > 0 && !numbers.includes(ownNumber(call) ?? '')) return false;
  if (!parameters.every(([name, value]) => call.parameters[name] === value)) return false;
  if (when === undefined) return true;
  try {
    const answer: unknown = when(call, candidate.agent);
    if (typeof answer === 'boolean') return answer;
    unheeded(answer);
    failed(candidate, new TypeError('when must tell true or false, at once'));
  } catch (error) {
    failed(candidate, error);
  }
  return false;
}

/** The host's end of the line: a call of its own is dialled from it. */
const ownNumber = ({ parameters }: VoiceCall): string | undefined =>
  parameters['direction']?.startsWith('outbound') === true ? parameters['from'] : parameters['to'];
