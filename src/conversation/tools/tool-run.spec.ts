import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type CallWork, surround } from '../../call/call-scope.js';
import type { VoiceCall } from '../../call/voice-call.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { ToolRun } from './tool-run.js';
import type { ToolContext, VoiceTool } from './voice-tool.js';

describe('a tool that is given up', () => {
  it.each<[string, (run: ToolRun, clock: VirtualClock) => unknown]>([
    ['because the caller interrupts', (run) => { run.interrupt(); }],
    ['because it takes too long', (_, clock) => clock.advance(15_000)],
  ])('learns of it in the scope of its call: %s', async (_, giveUp) => {
    const clock = new VirtualClock();
    const call = { report: () => undefined } as Partial<VoiceCall> as VoiceCall;
    let current: CallWork | undefined;
    const within = (work: CallWork, task: () => void) => {
      current = work;
      task();
      current = undefined;
    };
    surround(call, { scopes: [{ run: within }], failed: () => undefined });
    const seen: (CallWork | undefined)[] = [];
    const wait = (_input: unknown, { signal }: ToolContext) =>
      new Promise(() => {
        signal.addEventListener('abort', () => seen.push(current));
      });
    const tool: VoiceTool = { name: 'wait', description: 'Waits.', input: z.object({}), run: wait };
    const options = { id: 'one', call, transcript: '', clock, resultCharacters: 100, threw: () => undefined };
    await giveUp(new ToolRun(tool, {}, options), clock);
    expect(seen).toEqual([{ call, tool: 'one' }]);
  }); // prettier-ignore
});
