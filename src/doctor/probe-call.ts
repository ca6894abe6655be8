/** A call that no Twilio account has. */
export const PROBE_CALL_SID = `CA${'0'.repeat(32)}`;
/** Not the call that the token is for, so that the host refuses the stream before a call begins. */
export const OTHER_CALL_SID = `CA${'0'.repeat(31)}1`;

const NO_ACCOUNT = `AC${'0'.repeat(32)}`;
const STREAM_SID = `MZ${'0'.repeat(32)}`;

/** The form of the webhook; as a call of the host's own it counts to no caller's rate. */
export const probeForm = (accountSid = NO_ACCOUNT): Readonly<Record<string, string>> => ({
  CallSid: PROBE_CALL_SID,
  AccountSid: accountSid,
  ApiVersion: '2010-04-01',
  CallStatus: 'ringing',
  Direction: 'outbound-api',
});

/** What Twilio says first on a media stream. */
export const openingMessages = (
  parameters: Readonly<Record<string, string>>,
  accountSid = NO_ACCOUNT,
): readonly object[] => [
  { event: 'connected', protocol: 'Call', version: '1.0.0' },
  {
    event: 'start',
    sequenceNumber: '1',
    streamSid: STREAM_SID,
    start: {
      accountSid,
      streamSid: STREAM_SID,
      callSid: OTHER_CALL_SID,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: parameters,
    },
  },
];
