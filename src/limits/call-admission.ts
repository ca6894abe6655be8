/** A call that asks to be let in; nothing has been opened for it. */
export interface ArrivingCall {
  readonly callSid: string;
  /** As Twilio names the caller: a number in E.164, `sip:…`, `client:…`; empty when it is withheld. */
  readonly from: string;
  readonly to: string;
  /** `inbound`, or `outbound-…` for a call of the host's own. */
  readonly direction: string;
}

/**
 * `true` lets the call in; so do parameters, which become the call's beside its `from`, `to` and `direction`: what was
 * looked up for it, to choose its agent by for example. `false` refuses it with the busy signal: Twilio does not pick up
 * and does not charge. A sentence is said, which is a call that Twilio charges, and then the call ends.
 */
export type AdmissionAnswer =
  boolean | { readonly say: string } | { readonly parameters: Readonly<Record<string, string>> };

/** The host's own word on who is let in: a ceiling for the day's spending, opening hours, a list of callers. */
export interface CallAdmission {
  /**
   * Asked once the caller's rate allows the call, and before any vendor is. Twilio may ask twice about one call: count
   * by `callSid`. Throwing, or answering later than `limits.admission.timeoutMs`, is `limits.admission.onFailure`.
   */
  admit(call: ArrivingCall): AdmissionAnswer | Promise<AdmissionAnswer>;
}

/** DI token of the {@link CallAdmission}; without one every call is let in. */
export const CALL_ADMISSION = Symbol('CALL_ADMISSION');
