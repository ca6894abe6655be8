import { describe, expect, it } from '@jest/globals';
import type { AgentEntry, CallerEntry, History } from '../history.js';
import { chatMessages, INTERRUPTED, NOT_UNDERSTOOD } from './messages.js';

const caller = (text: string): CallerEntry => ({ role: 'caller', text });
const agent = (text: string, unheard = '', interrupted = unheard !== ''): AgentEntry => ({
  role: 'agent',
  text,
  unheard,
  interrupted,
});
const told = (transcript: string, history: History, most = 30) =>
  chatMessages('Be brief.', { transcript, history }, most)
    .slice(1)
    .map(({ role, content }) => [role, content]);

describe('what the model is told', () => {
  it('begins with the instructions, and with what the mark of an interruption means', () => {
    const [system] = chatMessages('Be brief.', { transcript: 'Hi', history: [] }, 30);
    expect(system).toMatchObject({ role: 'system' });
    expect(system?.content).toMatch(/^Be brief\.\n\n/);
    expect(system?.content).toContain(INTERRUPTED);
  });

  it('is the conversation, with what the caller has just said once and last', () => {
    expect(told('And now?', [agent('Hello.'), caller('Hi'), agent('Fine.'), caller('And now?')])).toEqual([
      ['assistant', 'Hello.'],
      ['user', 'Hi'],
      ['assistant', 'Fine.'],
      ['user', 'And now?'],
    ]);
  });

  it('holds the newest words of the caller also when the history does not yet', () => {
    expect(told('And now?', [caller('Hi'), agent('Fine.')])).toEqual([
      ['user', 'Hi'],
      ['assistant', 'Fine.'],
      ['user', 'And now?'],
    ]);
  });

  it('puts an answer whose hearing became known late before the words that interrupted it', () => {
    expect(told('Stop', [caller('Go'), caller('Stop'), agent('One, two,', 'three.')])).toEqual([
      ['user', 'Go'],
      ['assistant', `One, two, — ${INTERRUPTED}`],
      ['user', 'Stop'],
    ]);
  });

  it('never holds a word that was not heard', () => {
    const history = [
      caller('Go'),
      agent('One, two,', ' three secrets.'),
      caller('Stop'),
      agent('', 'A secret.'),
      caller('Stop'),
      agent('', ' A secret.', false),
      agent('Sorry.'),
    ];
    expect(JSON.stringify(told('Well?', history))).not.toMatch(/secret/);
    expect(told('Well?', history)).toEqual([
      ['user', 'Go'],
      ['assistant', `One, two, — ${INTERRUPTED}`],
      ['user', 'Stop'],
      ['assistant', INTERRUPTED],
      ['user', 'Stop'],
      ['assistant', 'Sorry.'],
      ['user', 'Well?'],
    ]);
  });

  it('says so where nobody wrote down what the caller said', () => {
    expect(told('', [caller(' '), agent('Yes?'), caller('')])).toEqual([
      ['user', NOT_UNDERSTOOD],
      ['assistant', 'Yes?'],
      ['user', NOT_UNDERSTOOD],
    ]);
  });

  it.each([
    [0, ['now']],
    [1, ['c', 'now']],
    [2, ['b', 'c', 'now']],
    [99, ['a', 'b', 'c', 'now']],
  ])('holds no more than %i earlier entries', (most, texts) => {
    const history = [caller('a'), agent('b'), caller('c'), caller('now')];
    expect(told('now', history, most).map(([, content]) => content)).toEqual(texts);
  });
});
