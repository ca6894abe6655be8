import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import prettier from 'prettier';
import { ENVIRONMENT_VARIABLES } from '../src/environment.js';
import { optionsTables } from './support/options-table.js';

const README = new URL('../README.md', import.meta.url);
const BEGIN = '<!-- options: written by `npm run docs` -->';
const END = '<!-- /options -->';

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
});

describe('.env.example', () => {
  it('has every variable of the environment, and none that is unknown', () => {
    const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
    const named = [...text.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual([...ENVIRONMENT_VARIABLES].sort());
  });
});
