export type { Affirms, ConsentReply } from './consent.js';
export { affirms } from './affirmation.js';
export { HangUpTool } from './hang-up.tool.js';
export { SendDigitsTool } from './send-digits.tool.js';
export { TransferTool } from './transfer.tool.js';
export { voiceTools } from './voice-tools.js';
export {
  ToolError,
  VOICE_TOOLS,
  type ConfirmQuestion,
  type ToolContext,
  type VoiceTool,
} from './voice-tool.js';
