export { ModelFailedError } from './failures.js';
export {
  OPENAI_AGENT_OPTIONS,
  type OpenAiAgentOptions,
  type ResolvedOpenAiAgentOptions,
} from './openai.options.js';
export {
  openAiAgentOptions,
  openAiAgentOptionsAsync,
  type OpenAiAgentAsyncOptions,
  type OpenAiAgentTools,
} from './openai.providers.js';
export { OpenAiAgent } from './openai-agent.js';
