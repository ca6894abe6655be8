import { describe, expect, it } from '@jest/globals';
import { callerKey } from './caller-key.js';

describe('The key of a caller', () => {
  it.each([
    ['+15550100', '+15550100'],
    [' +1 (555) 01-00 ', '+15550100'],
    ['15550100', '+15550100'],
    ['client:Anna', 'client:anna'],
    ['sip:anna@example.com', 'sip:anna@example.com'],
    ['SIP:Anna@Example.com:5060;transport=tls;x=1', 'sip:anna@example.com'],
    ['sips:anna:secret@example.com?subject=1', 'sip:anna@example.com'],
    ['sip:+1-555-0100@example.com;user=phone', 'sip:+15550100@example.com'],
    ['whatsapp:+15550100', 'whatsapp:+15550100'],
  ])('of %j is %j', (from, key) => {
    expect(callerKey(from)).toBe(key);
  });

  it.each([
    undefined,
    '',
    '  ',
    'Anonymous',
    'Restricted',
    'unavailable',
    'Unknown',
    'BLOCKED',
    'anonymous@anonymous.invalid',
    'sip:anonymous@anonymous.invalid',
    'sip:Restricted@example.com:5060',
    '+266696687',
    '+7378742833',
    '+86282452253',
    '+8656696',
    '+2562533',
    '266696687',
  ])('is none for %j: the number is withheld', (from) => {
    expect(callerKey(from)).toBeUndefined();
  });

  it('spells on the telephone’s keys what Twilio sends for a withheld number', () => {
    const keys = 'abc2 def3 ghi4 jkl5 mno6 pqrs7 tuv8 wxyz9'.split(' ');
    const spelled = (word: string) =>
      Array.from(word, (letter) => keys.find((key) => key.includes(letter))?.at(-1)).join('');
    for (const word of ['anonymous', 'restricted', 'unavailable', 'unknown', 'blocked'])
      expect(callerKey(`+${spelled(word)}`)).toBeUndefined();
  });

  it('is short, however long a SIP caller’s name is', () => {
    expect(callerKey(`sip:${'a'.repeat(100_000)}@example.com`)?.length).toBeLessThanOrEqual(128);
  });

  it('tells callers apart whose numbers differ', () => {
    expect(callerKey('+15550100')).not.toBe(callerKey('+15550101'));
    expect(callerKey('sip:anna@example.com')).not.toBe(callerKey('sip:anna@example.org'));
  });
});
