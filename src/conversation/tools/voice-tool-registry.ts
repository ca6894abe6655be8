import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { type Class, type HostProvider, hostProviders, ownMetadata } from '../../discovery/host-providers.js';
import type { VoiceAgent } from '../voice-agent.js';
import { Toolbox } from './toolbox.js';
import {
  type MethodToolOptions,
  type ToolContext,
  VOICE_TOOL,
  type VoiceTool,
  type VoiceToolOptions,
} from './voice-tool.js';

interface FoundTool {
  readonly tool: VoiceTool;
  /** `Class` or `Class.method`. */
  readonly origin: string;
  readonly agents: readonly Type<VoiceAgent>[] | undefined;
}

type Method = (input: unknown, context: ToolContext) => unknown;

/** Finds the application's `@VoiceTool` classes and methods at boot, and those that an agent may use. */
@Injectable()
export class VoiceToolRegistry implements OnModuleInit {
  private found: readonly FoundTool[] | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** @throws Error that names the class or method of a wrong tool */
  onModuleInit(): void {
    this.all();
  }

  /**
   * The tools that an agent may use: those it was given, less those that are for others, then the decorated ones. From the
   * first `onModuleInit` on.
   * @throws Error when two of them have the same name
   */
  of(agent: VoiceAgent, given: readonly VoiceTool[] = []): VoiceTool[] {
    const all = this.all();
    const known = new Map(all.map((one) => [one.tool, one]));
    const offered = [...new Set([...given, ...known.keys()])].filter((tool) => {
      const agents = known.get(tool)?.agents;
      return agents === undefined || agents.some((type) => agent instanceof type);
    });
    const origins = new Map<string, string>();
    for (const tool of offered) {
      const origin = known.get(tool)?.origin ?? tool.constructor.name;
      const other = origins.get(tool.name);
      if (other === origin && known.has(tool))
        throw new Error(
          `Two ${origin} have the name ${tool.name}: provide it in one module, and export it from there.`,
        );
      if (other !== undefined)
        throw new Error(`Two tools are named ${tool.name}: ${other} and ${origin}. Give one another name.`);
      origins.set(tool.name, origin);
    }
    return offered;
  }

  private all(): readonly FoundTool[] {
    return (this.found ??= this.explored());
  }

  private explored(): FoundTool[] {
    const tools = new Map<unknown, FoundTool[]>();
    for (const provider of hostProviders(this.discovery)) {
      const found = [...classTool(provider), ...this.methodTools(provider)];
      if (found.length > 0) tools.set(provider.instance, found);
    }
    const all = [...tools.values()].flat();
    for (const { tool, origin } of all) checked(tool, origin);
    return all;
  }

  private methodTools({ classes, instance, isScoped }: HostProvider): FoundTool[] {
    const found = new Map<string, FoundTool>();
    for (const type of classes)
      for (const key of this.scanner.getAllMethodNames(type.prototype as object)) {
        const options = optionsOf(type, key);
        if (options === undefined || found.has(key)) continue;
        const origin = `${type.name}.${key}`;
        if (isScoped) throw scoped(origin);
        if (instance === undefined || instance === null) continue;
        const { agents, name = key, ...rest } = options;
        const run: Method = (input, context) => (instance as Record<string, Method>)[key]?.(input, context);
        found.set(key, { tool: { ...rest, name, run }, origin, agents });
      }
    return [...found.values()];
  }
}

function classTool(provider: HostProvider): FoundTool[] {
  const found = ownMetadata(VOICE_TOOL, provider);
  if (found === undefined) return [];
  const { name: origin } = found.type;
  if (provider.isScoped) throw scoped(origin);
  // A factory may have made none.
  if (provider.instance === undefined || provider.instance === null) return [];
  const { agents } = found.metadata as VoiceToolOptions;
  return [{ tool: provider.instance as VoiceTool, origin, agents }];
}

function optionsOf(type: Class, key: string): MethodToolOptions | undefined {
  const method = (type.prototype as Record<string, object | undefined>)[key];
  return method && (Reflect.getOwnMetadata(VOICE_TOOL, method) as MethodToolOptions | undefined);
}

function checked(tool: VoiceTool, origin: string): void {
  try {
    new Toolbox([tool]);
  } catch (error) {
    throw new Error(`@VoiceTool ${origin}: ${(error as Error).message}`, { cause: error });
  }
}

const scoped = (origin: string): Error =>
  new Error(
    `@VoiceTool ${origin}: its class is made per request, itself or something that it injects: a tool is one instance for all calls, which its context tells apart`,
  );
