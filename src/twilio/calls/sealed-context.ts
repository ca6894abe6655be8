import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../../twilio-voice.options.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What an outbound call carries to its agent. */
export type CallContext = Readonly<Record<string, string>>;

/**
 * Hands a call's context over to whichever instance answers its webhook, inside the webhook's URL: encrypted, as such
 * addresses are logged everywhere. AES-256-GCM.
 */
@Injectable()
export class SealedContext {
  /** The first seals; while the auth token is rotated, both open. */
  private readonly keys: readonly [Buffer, ...Buffer[]];

  constructor(@Inject(TWILIO_VOICE_OPTIONS) { tokenSecret, authTokens }: ResolvedTwilioVoiceOptions) {
    const [first, ...others] = (tokenSecret === undefined ? authTokens : [tokenSecret]).map(keyOf);
    this.keys = [first ?? randomBytes(32), ...others];
  }

  seal(context: CallContext): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.keys[0], nonce);
    const sealed = [cipher.update(JSON.stringify(context), 'utf8'), cipher.final()];
    return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]).toString('base64url');
  }

  /** @returns undefined when it was not sealed here */
  open(sealed: string): CallContext | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
    for (const key of this.keys) {
      const text = opened(key, bytes);
      if (text !== undefined) return JSON.parse(text) as CallContext;
    }
    return undefined;
  }
}

const keyOf = (secret: string): Buffer => createHmac('sha256', secret).update('outbound context').digest();

function opened(key: Buffer, bytes: Buffer): string | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
