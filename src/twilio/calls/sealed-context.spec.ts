import { describe, expect, it } from '@jest/globals';
import { resolveOptions, type TwilioVoiceOptions } from '../../twilio-voice.options.js';
import { SealedContext } from './sealed-context.js';

const CONTEXT = { order: '4711', name: 'Zoë "O" <x>' };
const at = (options: TwilioVoiceOptions) =>
  new SealedContext(resolveOptions({ publicUrl: 'https://voice.example.com', ...options }));
const one = at({ authToken: 'one' });

describe('the context of an outbound call', () => {
  it('is opened by any instance with the same secret, and shows nothing of itself', () => {
    const sealed = one.seal(CONTEXT);
    expect(at({ authToken: 'one' }).open(sealed)).toEqual(CONTEXT);
    expect(sealed).toMatch(/^[\w-]+$/);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toMatch(/4711|order|Zo/);
    expect(one.seal(CONTEXT)).not.toBe(sealed);
  });

  it('is opened while the auth token is rotated, whichever of both sealed it', () => {
    const before = one.seal(CONTEXT);
    const rotating = at({ authToken: ['two', 'one'] });
    expect(rotating.open(before)).toEqual(CONTEXT);
    expect(at({ authToken: 'two' }).open(rotating.seal(CONTEXT))).toEqual(CONTEXT);
  });

  it('has a secret of its own, where there is one: it outlives a rotation', () => {
    const tokenSecret = 'a secret of all instances';
    const sealed = at({ authToken: 'one', tokenSecret }).seal(CONTEXT);
    expect(at({ authToken: 'two', tokenSecret }).open(sealed)).toEqual(CONTEXT);
    expect(one.open(sealed)).toBeUndefined();
  });

  it('is not opened by another secret, nor when a single bit of it was changed or cut off', () => {
    const sealed = one.seal(CONTEXT);
    expect(at({ authToken: 'another' }).open(sealed)).toBeUndefined();
    const bytes = Buffer.from(sealed, 'base64url');
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index]! ^= 1;
      expect(one.open(changed.toString('base64url'))).toBeUndefined();
      expect(one.open(bytes.subarray(0, index).toString('base64url'))).toBeUndefined();
    }
  });
});
