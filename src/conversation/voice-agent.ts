import { SetMetadata, type Type } from '@nestjs/common';
import type { VoiceCall } from '../call/voice-call.js';
import { type AgentConditions, checkedConditions } from './agents/agent-conditions.js';
import type { History } from './history.js';
import type { Reply } from './reply.js';

/** The caller has finished speaking, and it is the agent's turn. */
export interface Turn {
  /** What the caller said; empty without a transcriber, or when it understood nothing. */
  readonly transcript: string;
  /** How long the caller spoke, ms. */
  readonly durationMs: number;
  /** Everything said so far, the agent's part as it was heard; the caller's newest entry is this turn's. */
  readonly history: History;
  readonly call: VoiceCall;
  /** Aborted when the caller interrupts, or the call ends, while the reply is being written. */
  readonly signal: AbortSignal;
  /**
   * Set when the agent is asked preemptively, while the caller may yet go on: resolves once the turn is over, and never
   * if the caller goes on (then {@link signal} is aborted). Whatever has an effect has to wait for it.
   */
  readonly confirmed?: Promise<void>;
}

/** The mind of the machine: one instance serves every call, so what belongs to a call belongs into the call. */
export interface VoiceAgent {
  /** Greets the caller, if anything is returned. */
  onCallStart?(call: VoiceCall): Reply | undefined;
  /** Whether the agent may be asked before the turn is over: an answer that is not needed must have no effect. */
  readonly preemptive?: boolean;
  /** Answers. Throwing, rejecting or never answering makes the conversation apologise. */
  reply(turn: Turn): Reply;
  /** The caller pressed a key: 0-9, *, #, A-D. Throwing or rejecting is logged; nobody waits for it. */
  onDigit?(digit: string, call: VoiceCall): void | Promise<void>;
  /** The call is over. Throwing or rejecting is logged; nobody waits for it. */
  onCallEnd?(call: VoiceCall): void | Promise<void>;
}

/** DI token of the {@link VoiceAgent}. */
export const VOICE_AGENT = Symbol('VOICE_AGENT');

/** Key of the metadata on a class: its `CheckedConditions`. */
export const AGENT_CONDITIONS = Symbol('AGENT_CONDITIONS');

/**
 * Makes a provider of any module an agent, for the calls that the conditions tell; without conditions for those that no
 * other agent is for.
 * @throws TypeError that names a wrong condition
 */
export function VoiceAgent<Agent extends VoiceAgent = VoiceAgent>(conditions: AgentConditions<Agent> = {}) {
  return (target: Type<Agent>): void => {
    SetMetadata(AGENT_CONDITIONS, checkedConditions(target.name, conditions as AgentConditions))(target);
  };
}
