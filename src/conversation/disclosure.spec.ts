import { describe, expect, it } from '@jest/globals';
import { from, lastValueFrom, toArray } from 'rxjs';
import type { SettledUtterance } from '../playout/settled-utterance.js';
import { Disclosure } from './disclosure.js';

const TEXT = 'You are talking to a machine.';

const account = (own: Partial<SettledUtterance>): SettledUtterance => ({
  utterance: 1,
  ended: 'cut',
  heardMs: 500,
  sentMs: 500,
  synthesizedMs: 500,
  heardText: '',
  unheardText: '',
  method: 'marks',
  textMethod: 'aligned',
  textErrorMs: 0,
  errorMs: 0,
  ...own,
});
const said = (disclosure: Disclosure, ...pieces: string[]) =>
  lastValueFrom(disclosure.before(from(pieces)).pipe(toArray()));

describe('what is to be disclosed', () => {
  it('comes with the first words, behind signs that the agent is still working', async () => {
    const disclosure = new Disclosure(TEXT);
    expect(await said(disclosure, '', 'Well', ', yes.')).toEqual(['', `${TEXT} Well`, ', yes.']);
    expect(await said(new Disclosure(''), 'Well')).toEqual(['Well']);
  });

  it.each<[string, Partial<SettledUtterance>, boolean]>([
    ['was played', { ended: 'played' }, true],
    ['was cut behind it', { heardText: `${TEXT} Good mor` }, true],
    ['was cut over its last word', { heardText: 'You are talking to a' }, true],
    ['was cut by a caller of whom the voice cannot tell what was heard', { textMethod: 'none' }, true],
    ['was cut in it', { heardText: 'You are talking' }, false],
    ['was cut before any of it', { heardMs: 0 }, false],
    ['was empty', { ended: 'played', heardMs: 0 }, false],
    ['failed in it', { ended: 'failed', heardText: 'You are' }, false],
  ])('in an answer that %s: %j', async (_, own, isHeard) => {
    const disclosure = new Disclosure(TEXT);
    disclosure.heard(account(own));
    expect(await said(disclosure, 'Yes.')).toEqual([isHeard ? 'Yes.' : `${TEXT} Yes.`]);
  });
});
