import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../call/clock.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';

/** The `<Parameter>` that carries the token. */
export const TOKEN_PARAMETER = '_token';

/** What became of a token. */
export type Redemption = 'ok' | 'expired' | 'forged' | 'other-call' | 'reused';

/**
 * Proves that a stream was asked for by our own TwiML: a handshake's signature is the same for every call and so could
 * be replayed. Any instance with the same secret can check a token; that it works once holds per process, as
 * redeemed tokens are remembered in memory until they expire.
 */
@Injectable()
export class StreamTokens {
  private readonly key: Buffer;
  private readonly ttlMs: number;
  private readonly redeemed = new Map<string, number>();

  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) { tokenSecret, authToken, limits }: ResolvedTwilioVoiceOptions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    const secret = tokenSecret ?? authToken;
    this.key = secret === undefined ? randomBytes(32) : hmac(secret, 'media stream token');
    this.ttlMs = limits.tokenTtlMs;
  }

  /** A token for one stream of that call, good for `limits.tokenTtlMs`. */
  mint(callSid: string): string {
    const expires = Math.ceil(this.clock.epoch() + this.ttlMs).toString(36);
    const nonce = randomBytes(12).toString('base64url');
    const claims = `${expires}.${nonce}.${Buffer.from(callSid).toString('base64url')}`;
    return `${claims}.${this.seal(claims).toString('base64url')}`;
  }

  /** Uses a token up. */
  redeem(token: string | undefined, callSid: string): Redemption {
    const claims = this.open(token ?? '');
    if (claims === undefined) return 'forged';
    if (claims.callSid !== callSid) return 'other-call';
    const now = this.clock.epoch();
    if (now >= claims.expires) return 'expired';
    this.forget(now);
    if (this.redeemed.has(claims.nonce)) return 'reused';
    this.redeemed.set(claims.nonce, claims.expires);
    return 'ok';
  }

  private open(token: string): { expires: number; nonce: string; callSid: string } | undefined {
    const [expires = '', nonce = '', call = '', mac = '', ...rest] = token.split('.');
    if (rest.length > 0) return undefined;
    const given = Buffer.from(mac, 'base64url');
    const right = this.seal(`${expires}.${nonce}.${call}`);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    return { expires: parseInt(expires, 36), nonce, callSid: Buffer.from(call, 'base64url').toString() };
  }

  private forget(now: number): void {
    for (const [nonce, expires] of this.redeemed) if (expires <= now) this.redeemed.delete(nonce);
  }

  private seal(claims: string): Buffer {
    return hmac(this.key, claims);
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
