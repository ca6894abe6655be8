import type { InjectionToken, OptionalFactoryDependency, Provider } from '@nestjs/common';
import {
  OPENAI_AGENT_OPTIONS,
  type OpenAiAgentOptions,
  resolveOpenAiAgentOptions,
} from './openai.options.js';

export interface OpenAiAgentAsyncOptions {
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is injected is the host's business
  readonly useFactory: (...injected: any[]) => OpenAiAgentOptions | Promise<OpenAiAgentOptions>;
}

/**
 * Providers for `TwilioVoiceModule`, beside `agent: OpenAiAgent` or a class that extends it.
 * @throws Error that names each wrong option
 */
export function openAiAgentOptions(options: OpenAiAgentOptions): Provider[] {
  resolveOpenAiAgentOptions(options); // fail here, where the stack shows the host's own line
  return openAiAgentOptionsAsync({ useFactory: () => options });
}

/** As {@link openAiAgentOptions}, with settings from a factory. */
export function openAiAgentOptionsAsync({ inject = [], useFactory }: OpenAiAgentAsyncOptions): Provider[] {
  return [{ provide: OPENAI_AGENT_OPTIONS, inject, useFactory }];
}
