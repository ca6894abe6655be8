import { z } from 'zod';
import { outboundOptions } from './limits/outbound.options.js';
import { drainOptions } from './call/drain.options.js';
import { handoverOptions } from './call/handover.options.js';
import { limitOptions } from './limits/limits.options.js';
import { listeningOptions } from './listening/listening.options.js';

/** No more than a timer can take. */
const count = (value: number) =>
  z
    .number()
    .int()
    .positive()
    .max(2 ** 31 - 1)
    .default(value);

const isLoopback = (url: URL) => ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);

const publicUrl = z
  .url()
  .superRefine((text, context) => {
    if (!URL.canParse(text)) return;
    const url = new URL(text);
    const fail = (message: string) => {
      context.addIssue({ code: 'custom', message });
    };
    if (!['https:', 'http:'].includes(url.protocol)) fail('must start with https://');
    if (url.protocol === 'http:' && !isLoopback(url))
      fail('must be https:// (plain http is accepted for loopback only)');
    if (/[?#]/.test(text)) fail('must carry no query and no fragment');
    if (url.username !== '' || url.password !== '') fail('must carry no user name or password');
  })
  .transform((text) => text.replace(/\/+$/, ''));

const authToken = z.string().trim().min(1, 'must not be empty');
const ONE_OR_TWO = 'must be one auth token, or two while it is being rotated';

export const twilioVoiceSchema = z
  .strictObject({
    /** Where Twilio reaches this server: `https://…`, or `http://` on loopback. */
    publicUrl: publicUrl.default('http://127.0.0.1:3000'),
    /** First segments of the webhook and stream paths. */
    basePath: z
      .string()
      .regex(/^\/?[\w-]+(\/[\w-]+)*$/, 'must be path segments such as "voice" or "phone/voice"')
      .transform((path) => path.replace(/^\//, ''))
      .default('voice'),
    /** The account's SID: with it calls are hung up, transferred and limited by REST. */
    accountSid: z
      .string()
      .regex(/^AC[0-9a-f]{32}$/i, 'must be AC and 32 hex digits')
      .optional(),
    /**
     * The account's auth token, which signs webhooks. While it is being rotated both of them, in any order that begins
     * with one that REST requests may use: what either has signed is taken.
     */
    authToken: z
      .union([authToken, z.array(authToken).min(1, ONE_OR_TWO).max(2, ONE_OR_TWO)], ONE_OR_TWO)
      .optional(),
    /** Signs stream tokens; the same on all instances. Default: derived from `authToken`, else random per process. */
    tokenSecret: z.string().min(16).optional(),
    limits: z
      .strictObject({
        /** From the socket's opening to Twilio's `start`, ms. */
        startTimeoutMs: count(5_000),
        /** Life of a stream token from the webhook to `start`, ms. */
        tokenTtlMs: count(60_000),
        /** Largest WebSocket message taken, bytes. */
        maxPayloadBytes: count(64 * 1024),
        /** Sockets without a valid `start`, over all addresses. */
        maxPendingSockets: count(256),
        /** Those of one address, an IPv6 network of 64 bits counting as one. Behind a proxy all share the proxy's. */
        maxPendingPerAddress: count(64),
        /** Streams at once; a call beyond them hears the busy signal. */
        maxStreams: count(500),
        ...limitOptions,
      })
      .prefault({}),
    /** What becomes of a call whose stream failed at Twilio: it is told so and ends, or ends at once (by REST). */
    onStreamError: z.enum(['apologise', 'hang-up']).default('apologise'),
    playout: z
      .strictObject({
        /** Audio Twilio always holds while we talk, ms; `Infinity` turns pacing off. */
        leadMs: z.number().min(20).or(z.literal(Infinity)).default(140),
        /** Audio between two marks, ms. */
        markSpacingMs: z.number().min(20).default(80),
        /** How long the echo of a fence may take before the clock decides, ms: less than the end of a turn takes. */
        fenceTimeoutMs: count(500),
      })
      .prefault({}),
    ...handoverOptions,
    /** What becomes of the calls in progress when the application shuts down. */
    drain: drainOptions,
    /** Calls that the host makes. */
    outbound: outboundOptions,
    /** When a caller counts as speaking, and when as finished. */
    listening: listeningOptions.prefault({}),
    /** Counts with a transcriber only. */
    transcription: z
      .strictObject({
        /** BCP 47 tag of the caller's language; default: the transcriber finds it out. */
        language: z.string().min(2).optional(),
        /** From the end of a turn to its final transcript, ms: after that the turn has what was understood so far. */
        finalTimeoutMs: count(1_500),
      })
      .prefault({}),
    conversation: z
      .strictObject({
        /**
         * Said before the greeting, and again with the next answer if the caller talked over it: many laws want callers to
         * know that no human answers. Empty: nothing is said.
         */
        disclosure: z.string().default('You are talking to an automated assistant.'),
        /** From the turn to the first audio of the answer, ms. */
        replyTimeoutMs: count(10_000),
        /** Longest pause of the voice in the middle of an utterance, ms. */
        stallTimeoutMs: count(3_000),
        /**
         * What is made of an answer while the caller pauses and may yet go on, for agents that allow it: its text and
         * first clause (`voice`), its text, or nothing.
         */
        preemptive: z.enum(['off', 'text', 'voice']).default('voice'),
        /** Answers asked for preemptively in one turn, at most: each costs what an answer costs. */
        preemptiveAttempts: count(3),
        /** Said, or a soft tone sounds, while another voice takes over from one that failed. */
        filler: z.string().min(1).default('One moment, please.'),
        /** After a voice failed, silence that lasts so long is filled, ms. */
        fillerAfterMs: count(400),
        /** Said when an agent or a voice fails. */
        sorry: z.string().min(1).default('Sorry, I did not manage that. Could you say it again?'),
        /** Said when it fails twice in a row, before the call ends. */
        closing: z
          .string()
          .min(1)
          .default('I am sorry, I have a technical problem. Please call again later. Goodbye.'),
        /** Said when a transfer that the agent announced cannot be made, and the call goes on. */
        notTransferred: z
          .string()
          .min(1)
          .default('I am sorry, I could not connect you. Is there anything else I can do for you?'),
        /** Said when nobody took a transferred call, before it ends. */
        transferFailed: z
          .string()
          .min(1)
          .default('I am sorry, nobody can take your call right now. Please try again later. Goodbye.'),
        /** Said when a limit of the call is reached, before it ends; nobody interrupts it. */
        limitReached: z
          .string()
          .min(1)
          .default(
            'I am sorry, we have to end this call here. Please call again if you need anything else. Goodbye.',
          ),
      })
      .prefault({}),
  })
  .superRefine((options, context) => {
    const url = URL.canParse(options.publicUrl) ? new URL(options.publicUrl) : undefined;
    if (url !== undefined && options.authToken === undefined && !isLoopback(url))
      context.addIssue({
        code: 'custom',
        path: ['authToken'],
        message: 'is required because publicUrl is not loopback: without it anybody could open a stream',
      });
    const { minMs } = options.listening.endpointing;
    if (options.playout.fenceTimeoutMs >= minMs)
      context.addIssue({
        code: 'custom',
        path: ['playout', 'fenceTimeoutMs'],
        message: `must be less than listening.endpointing.minMs (${minMs}): a turn needs to know what was heard`,
      });
  })
  .transform(({ authToken: tokens, ...options }) => ({ ...options, authTokens: [tokens ?? []].flat() }));

/** What a host may set; everything has a default. */
export type TwilioVoiceOptions = z.input<typeof twilioVoiceSchema>;
/** The options with all defaults filled in. */
export type ResolvedTwilioVoiceOptions = z.output<typeof twilioVoiceSchema>;

/** DI token of the {@link ResolvedTwilioVoiceOptions}. */
export const TWILIO_VOICE_OPTIONS = Symbol('TWILIO_VOICE_OPTIONS');

/** @throws Error that names each wrong option and what it must be */
export function resolveOptions(options: TwilioVoiceOptions = {}): ResolvedTwilioVoiceOptions {
  const result = twilioVoiceSchema.safeParse(options);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`,
  );
  throw new Error(`TwilioVoiceModule: ${problems.join('; ')}`);
}
