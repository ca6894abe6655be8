import type { Provider, Type } from '@nestjs/common';
import { VOICE_TOOLS, type VoiceTool } from './voice-tool.js';

/** Providers of tools: Nest makes them, with whatever they inject, and the agent finds them by {@link VOICE_TOOLS}. */
export function voiceTools(...tools: readonly Type<VoiceTool>[]): Provider[] {
  for (const tool of tools as readonly unknown[])
    if (typeof tool !== 'function') throw new Error('tools: must be classes that implement VoiceTool');
  return [
    ...tools,
    { provide: VOICE_TOOLS, inject: [...tools], useFactory: (...made: VoiceTool[]): VoiceTool[] => made },
  ];
}
