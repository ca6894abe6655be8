/** A call, or a transfer, that is about to be made to a telephone number. */
export interface IntendedCall {
  /** E.164. */
  readonly to: string;
  readonly purpose: 'call' | 'transfer';
  /** What the host gave for the agent. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The host's own word on whom to call: consent, do-not-call lists, quiet hours. */
export interface BeforeDial {
  /**
   * Asked after the options allow the call. `false`, throwing, or answering later than `outbound.beforeDialTimeoutMs`
   * refuses it; a string refuses it and is the reason in the error.
   */
  mayDial(call: IntendedCall): boolean | string | Promise<boolean | string>;
}

/** DI token of the {@link BeforeDial}; without one the options alone decide. */
export const BEFORE_DIAL = Symbol('BEFORE_DIAL');
