import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import prettier from 'prettier';
import { ENVIRONMENT_VARIABLES } from '../src/environment.js';
import { compileErrors, typescriptBlocks } from './support/compiled-blocks.js';
import { optionsTables } from './support/options-table.js';

const README = new URL('../README.md', import.meta.url);
const BEGIN = '<!-- options: written by `npm run docs` -->';
const END = '<!-- /options -->';

/** What its examples have of the reader's own. */
const READERS_OWN = `
declare class OrdersService {
  latestOf(phone: string | undefined, options: { signal: AbortSignal }): Promise<{ id: number; shippedOn: string }>;
  cancel(order: number, options: { signal: AbortSignal }): Promise<string>;
}
declare class OrdersModule {}
declare class CustomersService {
  isVip(phone: string | undefined): boolean;
}
declare class SalesAgent implements import('nestjs-twilio-voice').VoiceAgent {
  reply(turn: import('nestjs-twilio-voice').Turn): string;
}
declare class OrderAgent implements import('nestjs-twilio-voice').VoiceAgent {
  reply(turn: import('nestjs-twilio-voice').Turn): string;
}
declare class AppModule {}
declare const Public: () => ClassDecorator;
declare const SkipThrottle: () => ClassDecorator;
declare class InternalOnly implements import('@nestjs/common').CanActivate {
  canActivate(): boolean;
}
declare class SpendingService {
  allows(callSid: string, from: string): Promise<boolean>;
}
declare class Database {
  upsert(table: string, key: string, row: object): Promise<void>;
}
declare const call: import('nestjs-twilio-voice').VoiceCall;
declare const caller: import('nestjs-twilio-voice/testing').SimulatedCall;
declare const calls: import('nestjs-twilio-voice').TwilioCallsService;
declare const recordings: import('nestjs-twilio-voice').CallRecordings;
`;
/** The one that is there to be read only. */
const ESSENCE = 'turn$.pipe(';

describe('the README', () => {
  it('tells every option with its unit, its default and what it does', async () => {
    const text = readFileSync(README, 'utf8');
    const [from, to] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
    const settings = await prettier.resolveConfig(README);
    const right = await prettier.format(`${text.slice(0, from)}\n\n${optionsTables()}\n\n${text.slice(to)}`, {
      ...settings,
      parser: 'markdown',
    });
    if (process.env['WRITE_DOCS'] === '1') writeFileSync(README, right);
    else expect(text).toBe(right);
  });

  it('has examples that compile as they are pasted', () => {
    const blocks = typescriptBlocks(readFileSync(README, 'utf8'));
    expect(blocks.length).toBeGreaterThan(10);
    // Files of the example are checked there, and need what is beside them.
    const pasted = blocks.filter((block) => !block.startsWith(ESSENCE) && !block.startsWith('// src/'));
    expect(compileErrors(pasted, READERS_OWN)).toEqual([]);
  }, 120_000);
});

describe('.env.example', () => {
  it('has every variable of the environment, and none that is unknown', () => {
    const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
    const named = [...text.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual([...ENVIRONMENT_VARIABLES].sort());
  });
});
