import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type ToolContext, type VoiceTool } from './voice-tool.js';
import { UNTIL_HEARD_MS } from './until-heard.js';

/** Lets the model end the call, after what it has said has been heard. */
@Injectable()
export class HangUpTool implements VoiceTool<object> {
  readonly name: string = 'hang_up';
  readonly description: string =
    'Ends the call. Say goodbye first, in the same answer. Only when the caller has nothing more to ask.';
  readonly input = z.object({});
  readonly endsAnswer = true;
  readonly timeoutMs = UNTIL_HEARD_MS;

  run(_: object, { call }: ToolContext): Promise<void> {
    return call.hangUp();
  }
}
