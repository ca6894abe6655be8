import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../call/clock.js';
import { type CallContext, SealedContext } from './calls/sealed-context.js';
import { StreamTokens } from './stream-token.js';

/** Query parameter of the webhook that asks what comes after the stream. */
export const AGAIN_QUERY = 'again';

/** Somebody who has waited longer on a silent line hears why, ms. */
const WAITS_MS = 5_000;
/** Addresses much longer than that are not safe everywhere, characters. */
const LONGEST = 1_500;

interface Attempt {
  readonly callSid: string;
  readonly from: number;
  /** Of the first stream: unused, nobody took it. */
  readonly token: string;
  readonly parameters: CallContext;
}

/**
 * A call whose stream nobody took is connected once more: the instance that it met was shutting down, or full. What that
 * takes is in the address that the network asks next, sealed, so that any instance can answer.
 */
@Injectable()
export class SecondAttempt {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly contexts: SealedContext,
    private readonly tokens: StreamTokens,
  ) {}

  /** @returns undefined where it would be too long for an address: the call is then connected once and not again */
  seal(callSid: string, token: string, parameters: CallContext): string | undefined {
    const attempt: Attempt = { callSid, from: this.clock.epoch(), token, parameters };
    const sealed = this.contexts.seal({ attempt: JSON.stringify(attempt) });
    return sealed.length > LONGEST ? undefined : sealed;
  }

  /**
   * @param wasRefused whether it is known that the first stream was not taken
   * @returns the parameters of the second one; undefined when there is to be none: the first one was taken, or it is not
   * sealed here, of another call, or too late
   */
  async open(callSid: string, sealed: unknown, wasRefused: boolean): Promise<CallContext | undefined> {
    if (typeof sealed !== 'string') return undefined;
    const { attempt: text } = this.contexts.open(sealed) ?? {};
    if (text === undefined) return undefined;
    const attempt = JSON.parse(text) as Attempt;
    const isInTime = Math.abs(this.clock.epoch() - attempt.from) <= WAITS_MS;
    if (attempt.callSid !== callSid || !isInTime) return undefined;
    // The first stream may still be on its way to an instance that was slow: it does not begin any more.
    const isNobodys = wasRefused || (await this.tokens.takeBack(attempt.token));
    return isNobodys ? attempt.parameters : undefined;
  }
}
