/** States of a call, as Twilio names them. `in-progress` is what its `answered` event reports. */
export const CALL_STATUSES = [
  'queued',
  'initiated',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'failed',
  'no-answer',
  'canceled',
] as const;
/** State of a call, in Twilio's words. */
export type CallStatus = (typeof CALL_STATUSES)[number];

/** States that a call never leaves. */
export const TERMINAL_STATUSES: ReadonlySet<CallStatus> = new Set([
  'completed',
  'busy',
  'failed',
  'no-answer',
  'canceled',
]);

interface Callback {
  readonly callSid: string;
  /** Every field that Twilio sent, those it may add one day included. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A call has reached a state. */
export interface CallStatusEvent extends Callback {
  readonly type: 'call-status';
  readonly status: CallStatus;
  /** Whether the call is over. */
  readonly terminal: boolean;
  /** Place among the callbacks of this call, from 0; undefined if Twilio did not tell. */
  readonly sequence?: number;
  /** Its own callback was lost, a later one proves it; {@link fields} is empty. */
  readonly inferred: boolean;
  /** Length of the call, s; of a terminal state only. */
  readonly durationS?: number;
}

/** A media stream has begun, ended or failed. */
export interface StreamStatusEvent extends Callback {
  readonly type: 'stream-status';
  readonly streamSid: string;
  /** `error` also where this side has closed the stream. */
  readonly event: 'started' | 'stopped' | 'error';
  /** Twilio's text. */
  readonly error?: string;
}

/** Who answered an outbound call: the result of answering machine detection. */
export interface AnsweredByEvent extends Callback {
  readonly type: 'answered-by';
  /** `human`, `machine_start`, `machine_end_beep`, `machine_end_silence`, `machine_end_other`, `fax` or `unknown`. */
  readonly answeredBy: string;
  /** How long the detection took, ms. */
  readonly detectionMs?: number;
}

/** A recording of a call has changed its state. */
export interface RecordingStatusEvent extends Callback {
  readonly type: 'recording-status';
  readonly recordingSid: string;
  /** `in-progress`, `completed`, `absent` or one that Twilio adds. */
  readonly status: string;
  /** Where the recording is, once it is completed. */
  readonly url?: string;
  /** s. */
  readonly durationS?: number;
}

/** A transfer is over. */
export interface TransferEvent extends Callback {
  readonly type: 'transfer';
  /** `DialCallStatus` or `QueueResult`, as Twilio names it. */
  readonly result: string;
  /** Whether the caller was connected, or hung up while it rang. */
  readonly connected: boolean;
  /** How long they spoke, s. */
  readonly durationS?: number;
}

/** What Twilio tells by HTTP about a call. */
export type CallbackEvent =
  CallStatusEvent | StreamStatusEvent | AnsweredByEvent | RecordingStatusEvent | TransferEvent;
