import type { SettledUtterance } from '../../playout/settled-utterance.js';
import { NOT_RECORDED } from './sensitive.js';

/** The account of something that was said in a sensitive stretch: how it ended and how much was heard, not what. */
export function withheldAccount(account: SettledUtterance): SettledUtterance {
  return {
    ...withoutError(account),
    heardText: account.heardText === '' ? '' : NOT_RECORDED,
    unheardText: account.unheardText === '' ? '' : NOT_RECORDED,
  };
}

/** An account that tells of its error what kind it was. */
export function withoutError(account: SettledUtterance): SettledUtterance {
  return account.error === undefined ? account : { ...account, error: withheldError(account.error) };
}

/** What kind of error it was: others may have written into the rest of it what was said. */
export function withheldError(error: unknown): Error {
  const { name, code } = Object(error) as { name?: unknown; code?: unknown };
  const told = new Error('not told: the call was sensitive');
  told.name = typeof name === 'string' ? name : typeof error;
  return typeof code === 'string' || typeof code === 'number' ? Object.assign(told, { code }) : told;
}
