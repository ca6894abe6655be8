import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { CLOCK, type Clock } from '../call/clock.js';
import { callKey } from '../sharing/shared-store.js';
import { SharingUnavailableError } from '../sharing/sharing-errors.js';
import { orWhenAway, type Shared, Sharing } from '../sharing/sharing.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';

/** The `<Parameter>` that carries the token. */
export const TOKEN_PARAMETER = '_token';
/** The `<Parameter>` that tells where the webhook was answered. */
export const ORIGIN_PARAMETER = '_origin';

/** What became of a token; `unavailable`: the other instances cannot be asked, and the host wants no call then. */
export type Redemption =
  'ok' | 'call-going-on' | 'call-over' | 'expired' | 'forged' | 'other-call' | 'reused' | 'unavailable';

interface Claims {
  readonly expires: number;
  readonly nonce: string;
  readonly callSid: string;
  readonly follows: boolean;
}

/** Calls that are remembered as over; beyond it the oldest is forgotten. */
const CAPACITY = 10_000;
/** Clocks of instances may differ by so much: what they share of a token outlives it by that, ms. */
const SKEW_MS = 60_000;

/**
 * Proves that a stream was asked for by our own TwiML: a handshake's signature is the same for every call and so could
 * be replayed. Any instance with the same secret can check a token. It works once over all instances; while they cannot
 * reach each other, once in each.
 */
@Injectable()
export class StreamTokens {
  /** The first one seals, all of them open. */
  private readonly keys: readonly [Buffer, ...Buffer[]];
  private readonly ttlMs: number;
  private readonly redeemed = new Map<string, number>();
  private readonly over = new Set<string>();

  constructor(
    @Inject(TWILIO_VOICE_OPTIONS) { tokenSecret, authTokens, limits }: ResolvedTwilioVoiceOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Optional() private readonly sharing: Sharing = new Sharing(),
  ) {
    const secrets = tokenSecret === undefined ? authTokens : [tokenSecret];
    const [key = randomBytes(32), ...older] = secrets.map((secret) => hmac(secret, 'media stream token'));
    this.keys = [key, ...older];
    this.ttlMs = limits.tokenTtlMs;
  }

  /**
   * A token for one stream of that call, good for `limits.tokenTtlMs`.
   * @param follows whether that stream may take the place of one that is going on: never in answer to a webhook, which
   * anybody could repeat who has seen it
   */
  mint(callSid: string, follows = false): string {
    const expires = Math.ceil(this.clock.epoch() + this.ttlMs).toString(36);
    const nonce = randomBytes(12).toString('base64url');
    const call = Buffer.from(callSid).toString('base64url');
    const claims = `${expires}.${nonce}.${call}.${follows ? 'next' : 'first'}`;
    return `${claims}.${hmac(this.keys[0], claims).toString('base64url')}`;
  }

  /**
   * Uses a token up.
   * @param isGoingOn whether another stream of the call is going on here
   * @returns at once where it is refused here already, or this process is alone
   */
  redeem(
    token: string | undefined,
    callSid: string,
    isGoingOn: () => boolean = () => false,
  ): Redemption | Promise<Redemption> {
    const claims = this.open(token ?? '');
    if (claims === undefined) return 'forged';
    if (claims.callSid !== callSid) return 'other-call';
    const { shared } = this.sharing;
    if (shared === undefined) return this.redeemHere(claims, isGoingOn());
    return this.refusal(claims, isGoingOn()) ?? this.redeemEverywhere(shared, claims, isGoingOn);
  }

  /** Whether it is for a stream that may take the place of another one. */
  follows(token: string): boolean {
    return this.open(token)?.follows === true;
  }

  /**
   * Takes back a token that opened no stream, on any instance: from now on it opens none.
   * @returns false if it was used, or that cannot be known
   */
  async takeBack(token: string): Promise<boolean> {
    const claims = this.open(token);
    if (claims === undefined || this.redeemed.has(claims.nonce)) return false;
    const { shared } = this.sharing;
    const isTaken = shared === undefined || (await orWhenAway(() => this.useUp(shared, claims), false));
    if (isTaken) this.redeemed.set(claims.nonce, claims.expires);
    return isTaken;
  }

  /** The call is over: from now on no token opens a stream of it here, whenever it was made. */
  revoke(callSid: string): void {
    this.over.delete(callSid);
    this.over.add(callSid);
    if (this.over.size <= CAPACITY) return;
    const [oldest] = this.over;
    if (oldest !== undefined) this.over.delete(oldest);
  }

  /** The same for every instance, also for one that starts later. */
  async revokeEverywhere(callSid: string): Promise<void> {
    this.revoke(callSid);
    const { shared } = this.sharing;
    if (shared !== undefined)
      await orWhenAway(() => shared.store.put(overKey(callSid), '1', this.ttlMs + SKEW_MS), undefined);
  }

  private redeemHere(claims: Claims, goesOn: boolean): Redemption {
    const refusal = this.refusal(claims, goesOn);
    if (refusal === undefined) this.redeemed.set(claims.nonce, claims.expires);
    return refusal ?? 'ok';
  }

  private async redeemEverywhere(
    shared: Shared,
    claims: Claims,
    isGoingOn: () => boolean,
  ): Promise<Redemption> {
    try {
      const refusal = await this.refusalElsewhere(shared, claims);
      if (refusal !== undefined) return refusal;
    } catch (error) {
      if (!(error instanceof SharingUnavailableError)) throw error;
      if (!this.sharing.acceptsCalls) return 'unavailable';
    }
    return this.redeemHere(claims, isGoingOn()); // another one may have come meanwhile
  }

  private async refusalElsewhere(shared: Shared, claims: Claims): Promise<Redemption | undefined> {
    const { store, directory } = shared;
    const { callSid, follows } = claims;
    const [over, entry] = await Promise.all([
      store.get(overKey(callSid)),
      follows ? undefined : directory.find(callSid),
    ]);
    if (over !== undefined) return 'call-over';
    if (entry !== undefined && entry.instance !== directory.instance) return 'call-going-on';
    return (await this.useUp(shared, claims)) ? undefined : 'reused';
  }

  /** @returns false if it is used up */
  private useUp({ store }: Shared, claims: Claims): Promise<boolean> {
    const ttlMs = Math.max(0, claims.expires - this.clock.epoch()) + SKEW_MS;
    return store.add(tokenKey(claims), ttlMs);
  }

  private refusal(claims: Claims, goesOn: boolean): Redemption | undefined {
    const now = this.clock.epoch();
    if (now >= claims.expires) return 'expired';
    if (this.over.has(claims.callSid)) return 'call-over';
    this.forget(now);
    if (this.redeemed.has(claims.nonce)) return 'reused';
    if (goesOn && !claims.follows) return 'call-going-on';
    return undefined;
  }

  private open(token: string): Claims | undefined {
    const [expires = '', nonce = '', call = '', place = '', mac = '', ...rest] = token.split('.');
    if (rest.length > 0 || !this.isOurs(`${expires}.${nonce}.${call}.${place}`, mac)) return undefined;
    const callSid = Buffer.from(call, 'base64url').toString();
    return { expires: parseInt(expires, 36), nonce, callSid, follows: place === 'next' };
  }

  private isOurs(claims: string, mac: string): boolean {
    const given = Buffer.from(mac, 'base64url');
    return this.keys.some((key) => {
      const right = hmac(key, claims);
      return given.length === right.length && timingSafeEqual(given, right);
    });
  }

  private forget(now: number): void {
    for (const [nonce, expires] of this.redeemed) if (expires <= now) this.redeemed.delete(nonce);
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

const tokenKey = ({ callSid, nonce }: Claims): string => callKey(callSid, `token:${nonce}`);
const overKey = (callSid: string): string => callKey(callSid, 'over');
