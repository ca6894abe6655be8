import type { InjectionToken, OptionalFactoryDependency, Provider, Type } from '@nestjs/common';
import { voiceTools } from '../tools/voice-tools.js';
import type { VoiceTool } from '../tools/voice-tool.js';
import {
  OPENAI_AGENT_OPTIONS,
  type OpenAiAgentOptions,
  resolveOpenAiAgentOptions,
} from './openai.options.js';

/** What shapes the providers, and so cannot come from a factory. */
export interface OpenAiAgentTools {
  /** Classes of the tools that the model may use; Nest makes them, with whatever they inject. */
  readonly tools?: readonly Type<VoiceTool>[];
}

export interface OpenAiAgentAsyncOptions extends OpenAiAgentTools {
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is injected is the host's business
  readonly useFactory: (...injected: any[]) => OpenAiAgentOptions | Promise<OpenAiAgentOptions>;
}

/**
 * Providers for `TwilioVoiceModule`, beside `agent: OpenAiAgent` or a class that extends it.
 * @throws Error that names each wrong option
 */
export function openAiAgentOptions({
  tools = [],
  ...options
}: OpenAiAgentOptions & OpenAiAgentTools): Provider[] {
  resolveOpenAiAgentOptions(options); // fail here, where the stack shows the host's own line
  return openAiAgentOptionsAsync({ tools, useFactory: () => options });
}

/** As {@link openAiAgentOptions}, with settings from a factory. */
export function openAiAgentOptionsAsync(options: OpenAiAgentAsyncOptions): Provider[] {
  const { inject = [], tools = [], useFactory } = options;
  return [{ provide: OPENAI_AGENT_OPTIONS, inject, useFactory }, ...voiceTools(...tools)];
}
