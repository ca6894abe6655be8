import { Inject, Injectable, type OnModuleInit, Optional, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { aboutCall, CallLog } from '../../call/call-log.js';
import { inScope } from '../../call/call-scope.js';
import { forLog, REDACTOR, type Redactor, StandardRedactor } from '../../call/redactor.js';
import type { VoiceCall } from '../../call/voice-call.js';
import { type HostProvider, hostProviders, ownMetadata } from '../../discovery/host-providers.js';
import { AGENT_CONDITIONS, VOICE_AGENT, type VoiceAgent } from '../voice-agent.js';
import {
  type AgentCandidate,
  type CheckedConditions,
  chooseAgent,
  conflict,
  isDefault,
  NO_CONDITIONS,
} from './agent-conditions.js';

/** DI token of {@link GivenAgent}. */
export const GIVEN_AGENT = Symbol('GIVEN_AGENT');

/** What the module was given as its agent. */
export interface GivenAgent {
  readonly agent: Type<VoiceAgent> | undefined;
}

/** The agent that answers a call. */
export interface ChosenAgent {
  /** Of its class; `VOICE_AGENT` of an agent that has none. */
  readonly name: string;
  readonly agent: VoiceAgent;
}

type Candidate = AgentCandidate<VoiceAgent>;

/** Finds the application's agents at boot, and the one for each call. */
@Injectable()
export class VoiceAgents implements OnModuleInit {
  private readonly logger = new CallLog();
  private readonly told = new Set<string>();
  private candidates: readonly Candidate[] | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject(GIVEN_AGENT) private readonly given: GivenAgent,
    @Optional() @Inject(REDACTOR) private readonly redactor: Redactor = new StandardRedactor(),
  ) {}

  /** @throws Error that names the agent's class and what is wrong: none, two for the same calls, one per request */
  onModuleInit(): void {
    this.candidates ??= this.found();
  }

  /** @returns undefined when no agent is for this call; then that was logged */
  of(call: VoiceCall): ChosenAgent | undefined {
    this.candidates ??= this.found();
    const { candidates } = this;
    const { chosen, rival } = inScope({ call }, () =>
      chooseAgent(call, candidates, ({ name }, error) => {
        this.failed(call, `when of ${name}`, error);
      }),
    );
    if (chosen === undefined)
      this.tell(call, 'no agent is for it, so that it ends: an agent without conditions would take it');
    else if (rival !== undefined)
      this.tell(call, `${chosen.name} and ${rival.name} are both for it: ${chosen.name} answers`);
    return chosen;
  }

  private found(): Candidate[] {
    const providers = hostProviders(this.discovery);
    const decorated = providers.flatMap((provider) => candidateOf(provider));
    const agents = this.withDefault(this.default(providers), decorated);
    if (agents.length === 0)
      throw new Error(
        'TwilioVoiceModule: agent is missing: give the class of your voice agent, { agent: MyAgent }, or decorate a provider with @VoiceAgent()',
      );
    for (const { name, agent } of agents)
      if (typeof (Object(agent) as Partial<VoiceAgent>).reply !== 'function')
        throw new Error(`TwilioVoiceModule: ${name} is no agent: it has no method reply(turn)`);
    const found = conflict(agents);
    if (found !== undefined) throw clash(found.agents, found.shared);
    return agents;
  }

  /** What stands for `VOICE_AGENT`: the module's own, before any other module's. */
  private default(providers: readonly HostProvider[]): Candidate | undefined {
    const host = providers.find(({ instance }) => instance === this)?.host;
    const wrappers = this.discovery.getProviders().filter(({ token }) => token === VOICE_AGENT);
    const wrapper = wrappers.find((one) => one.host === host) ?? wrappers.at(-1);
    if (wrapper === undefined) return undefined;
    if (wrapper.isTransient || !wrapper.isDependencyTreeStatic())
      throw scoped(this.given.agent?.name ?? 'VOICE_AGENT');
    const agent = wrapper.instance as VoiceAgent;
    return { name: classOf(agent) ?? 'VOICE_AGENT', agent, conditions: NO_CONDITIONS };
  }

  /** One that was put in the place of the module's agent, as tests do, is the default whatever else there is. */
  private withDefault(standard: Candidate | undefined, decorated: readonly Candidate[]): Candidate[] {
    if (standard === undefined) return [...decorated];
    const others = decorated.filter(
      ({ agent, conditions }) => agent !== standard.agent || !isDefault(conditions),
    );
    const isGiven = this.given.agent !== undefined && standard.agent instanceof this.given.agent;
    return [...others.filter(({ conditions }) => isGiven || !isDefault(conditions)), standard];
  }

  /** The message may hold anything, the caller's number included: it is for the debug level only. */
  private failed(call: VoiceCall, what: string, error: unknown): void {
    const { name, message } = Object(error) as { name?: unknown; message?: unknown };
    this.tell(call, `${what} failed: ${typeof name === 'string' ? name : typeof error}`);
    if (typeof message === 'string')
      this.logger.debug(aboutCall(call), `${what}: ${forLog(this.redactor, message)}`);
  }

  /** The same in every call is one warning. */
  private tell(call: VoiceCall, problem: string): void {
    const line = forLog(this.redactor, problem);
    if (this.told.has(line)) this.logger.debug(aboutCall(call), line);
    else this.logger.warn(aboutCall(call), line);
    this.told.add(line);
  }
}

function candidateOf(provider: HostProvider): Candidate[] {
  const found = ownMetadata(AGENT_CONDITIONS, provider);
  if (found === undefined) return [];
  const { name } = found.type;
  if (provider.isScoped) throw scoped(name);
  // A factory may have made none.
  if (provider.instance === undefined || provider.instance === null) return [];
  const conditions = found.metadata as CheckedConditions;
  return [{ name, agent: provider.instance as VoiceAgent, conditions }];
}

/** A literal has no class of its own. */
function classOf(agent: unknown): string | undefined {
  const { constructor } = Object(agent) as { constructor?: unknown };
  return typeof constructor === 'function' && constructor !== Object ? constructor.name : undefined;
}

const scoped = (name: string): Error =>
  new Error(
    `TwilioVoiceModule: ${name} is made per request, itself or something that it injects: an agent is one instance for all calls`,
  );

function clash([one, other]: readonly [Candidate, Candidate], shared: string): Error {
  if (one.name === other.name)
    return new Error(
      `TwilioVoiceModule: there are two ${one.name}: provide it in one module, and export it from there`,
    );
  const what =
    shared === ''
      ? 'are both the agent of all other calls: give one of them conditions, such as @VoiceAgent({ number })'
      : `are both for ${shared}: give one of them another condition`;
  return new Error(`TwilioVoiceModule: ${one.name} and ${other.name} ${what}`);
}
