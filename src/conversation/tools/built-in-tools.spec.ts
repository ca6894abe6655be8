import { describe, expect, it } from '@jest/globals';
import type { VoiceCall } from '../../call/voice-call.js';
import { resolveOptions, type TwilioVoiceOptions } from '../../twilio-voice.options.js';
import { SendDigitsTool } from './send-digits.tool.js';
import { Toolbox } from './toolbox.js';
import { TransferTool } from './transfer.tool.js';
import type { ToolContext } from './voice-tool.js';

const options = (own: TwilioVoiceOptions) => resolveOptions(own);
const TRANSFERS = {
  sales: { to: '+4930123456', description: 'orders' },
  desk: { to: 'sip:desk@example.com' },
};
const DIGITS = { pin: '1234#', menu: { keys: 'ww2', description: 'second entry' } };

/** A call that writes down what is asked of it. */
function context() {
  const asked: string[] = [];
  const call = {
    transfer: (to: string) => Promise.resolve(void asked.push(`transfer ${to}`)),
    sendDigits: (keys: string) => Promise.resolve(void asked.push(`keys ${keys}`)),
  } as Partial<VoiceCall> as VoiceCall;
  return {
    asked,
    context: { call, transcript: '', signal: new AbortController().signal } satisfies ToolContext,
  };
}

describe('the transfer tool', () => {
  it('tells the model names and descriptions, and no number', () => {
    const { definitions } = new Toolbox([new TransferTool(options({ transfers: TRANSFERS }))]);
    expect(definitions[0]?.parameters).toMatchObject({
      properties: { to: { enum: ['sales', 'desk'] } },
      required: ['to'],
      additionalProperties: false,
    });
    expect(definitions[0]?.description).toMatch(/Targets: sales: orders; desk$/);
    expect(JSON.stringify(definitions)).not.toMatch(/4930|example/);
  });

  it('stops the boot when there is nobody to transfer to', () => {
    expect(() => new TransferTool(options({}))).toThrow(/option transfers/);
  });
});

describe('the tool that presses keys', () => {
  it('tells the model the names of sequences, and no key', () => {
    const { definitions } = new Toolbox([new SendDigitsTool(options({ digits: DIGITS }))]);
    expect(definitions[0]?.parameters).toMatchObject({
      properties: { sequence: { enum: ['pin', 'menu'] } },
      required: ['sequence'],
      additionalProperties: false,
    });
    expect(definitions[0]?.parameters).not.toHaveProperty('properties.keys');
    expect(definitions[0]?.description).toMatch(/Sequences: pin; menu: second entry\.$/);
    expect(JSON.stringify(definitions)).not.toMatch(/1234|ww2/);
  });

  it('stops the boot when there is nothing to press', () => {
    expect(() => new SendDigitsTool(options({}))).toThrow(/option digits/);
  });

  it.each<[string, TwilioVoiceOptions, unknown, boolean]>([
    ['a sequence', { digits: DIGITS }, { sequence: 'menu' }, true],
    ['keys where only sequences are free', { digits: DIGITS }, { keys: '1' }, false],
    ['keys beside a sequence', { digits: DIGITS }, { sequence: 'pin', keys: '1' }, false],
    ['an unknown sequence', { digits: DIGITS }, { sequence: 'door' }, false],
    ['nothing', { digits: DIGITS }, {}, false],
    ['free keys', { freeDigits: true }, { keys: '12#' }, true],
    ['free keys beside sequences', { freeDigits: true, digits: DIGITS }, { keys: '12#' }, true],
    ['a sequence beside free keys', { freeDigits: true, digits: DIGITS }, { sequence: 'pin' }, true],
  ])('takes %s: %#', (_, own, input, takes) => {
    expect(new SendDigitsTool(options(own)).input.safeParse(input).success).toBe(takes);
  });

  it.each([
    [{ sequence: 'pin' }, 'keys 1234#'],
    [{ sequence: 'menu' }, 'keys ww2'],
    [{ keys: '12#' }, 'keys 12#'],
  ])('presses %j', async (input, pressed) => {
    const { asked, context: given } = context();
    await new SendDigitsTool(options({ digits: DIGITS, freeDigits: true })).run(input, given);
    expect(asked).toEqual([pressed]);
  });

  it.each([[{}], [{ keys: '1', sequence: 'pin' }], [{ keys: '+49' }], [{ keys: '1'.repeat(33) }]])(
    'does not press %j',
    async (input) => {
      const { asked, context: given } = context();
      const tool = new SendDigitsTool(options({ digits: DIGITS, freeDigits: true }));
      await expect(tool.run(input, given)).rejects.toThrow(/^Not done/);
      expect(asked).toEqual([]);
    },
  );
});

describe('the options of what a call may be handed to', () => {
  it.each<[TwilioVoiceOptions, RegExp]>([
    [{ transfers: { sales: { to: '030 123' } } }, /transfers\.sales\.to: must be a number such as/],
    [{ transfers: { 'the boss': { to: '+4930123456' } } }, /transfers.*must be a name|Invalid key/],
    [{ transfers: { sales: { to: '+4930123456', callerId: 'me' } } }, /transfers\.sales\.callerId/],
    [{ transfers: { sales: { to: '+4930123456', ringSeconds: 1 } } }, /transfers\.sales\.ringSeconds/],
    [{ digits: { pin: '12x' } }, /digits\.pin/],
    [{ digits: { pin: { keys: '' } } }, /digits\.pin/],
  ])('are refused by name: %j', (own, message) => {
    expect(() => resolveOptions(own)).toThrow(message);
  });
});
