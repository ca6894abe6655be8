export type { Affirms, ConsentReply } from './consent.js';
export { affirms } from './affirmation.js';
export { HangUpTool } from './hang-up.tool.js';
export { SendDigitsTool } from './send-digits.tool.js';
export { TransferTool } from './transfer.tool.js';
export { VoiceToolRegistry } from './voice-tool-registry.js';
export { voiceTools } from './voice-tools.js';
export {
  ToolError,
  VOICE_TOOLS,
  VoiceTool,
  type ConfirmQuestion,
  type MethodToolOptions,
  type ToolContext,
  type VoiceToolOptions,
} from './voice-tool.js';
