import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CallRegistry } from '../call/call-registry.js';
import type { CallEvent, VoiceCall } from '../call/voice-call.js';
import type { VoiceAgent } from '../conversation/voice-agent.js';
import { TwilioVoiceModule, type TwilioVoiceModuleOptions } from '../twilio-voice.module.js';
import { SealedContext } from '../twilio/calls/sealed-context.js';
import { TwilioRest } from '../twilio/twilio-client.js';
import { TWILIO_VOICE_OPTIONS, type ResolvedTwilioVoiceOptions } from '../twilio-voice.options.js';
import { moduleTransport } from './module-transport.js';
import { provideTwilioVoiceTesting, type TwilioVoiceTestingOptions } from './provide-twilio-voice-testing.js';
import { ScriptedVoice, type VoiceScript } from './scripted-voice.js';
import { SimulatedCall } from './simulated-call.js';
import type { SimulatedCallOptions } from './simulated-call-options.js';
import { SimulatedRest } from './simulated-rest.js';
import { VirtualClock } from './virtual-clock.js';

/** A call that has no stream by then has none, ms. */
const CONNECT_MS = 10_000;
/** The longest a module may take to close, and how finely that is looked at, in virtual ms. */
const CLOSE_MS = 60_000;
const STEP_MS = 20;

/** Of the caller and of the line. */
type LineOptions = Pick<
  SimulatedCallOptions,
  'from' | 'to' | 'network' | 'echo' | 'statusUrl' | 'callSid' | 'direction'
>;

/** How a call is simulated. */
export interface SimulateCallOptions extends LineOptions {
  /** What a call that the host places hands to its agent: with `direction: 'outbound-api'`. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly clock?: VirtualClock;
  /** How the {@link ScriptedVoice} speaks, in every utterance or by their number from 1. */
  readonly voice?: VoiceScript | ((utterance: number) => VoiceScript);
  /** What each stretch of the caller's speech says, the last one again and again; without it turns have no words. */
  readonly callerSays?: TwilioVoiceTestingOptions['callerSays'];
}

/** How an agent is called that has no application around it. */
export interface SimulateAgentOptions extends SimulateCallOptions, Pick<TwilioVoiceModuleOptions, 'imports'> {
  /** Whatever the agent injects, mocked; one with a token of the module replaces the module's own. */
  readonly providers?: TwilioVoiceModuleOptions['providers'];
  /** Options of the module. `conversation.disclosure` is empty unless it is set here. */
  readonly settings?: Omit<TwilioVoiceModuleOptions, 'agent' | 'imports' | 'providers' | 'isGlobal'>;
}

/** What a `TestingModuleBuilder` is here. */
export interface ModuleBuilder<Context extends INestApplicationContext> {
  overrideProvider(token: symbol | typeof TwilioRest): { useValue(value: unknown): unknown };
  compile(): Promise<Context>;
}

/** A call under way, from all sides. */
export interface CallUnderTest<
  Context extends INestApplicationContext = INestApplicationContext,
> extends AsyncDisposable {
  /** Stands still until it is advanced. */
  readonly clock: VirtualClock;
  /** The caller's side. */
  readonly call: SimulatedCall;
  /** The agent's side. */
  readonly voiceCall: VoiceCall;
  /** What has happened in the call, as `voiceCall.events$` told it, from its start. */
  readonly events: readonly CallEvent[];
  readonly voice: ScriptedVoice;
  readonly module: Context;
  /** Hangs up and closes the module, once; `await using` does it at the end of the block. */
  close(): Promise<void>;
}

/**
 * Calls an agent, without network and in virtual time: the whole module answers, with webhook, TwiML, token and stream.
 * Returns when the stream has started and nothing is heard yet.
 *
 * @param agent its class, or a testing module of an application with the TwilioVoiceModule in it, whose clock, voice and
 * transcriber are replaced; Twilio's REST API is simulated, where there is an account
 * @throws (rejects) what the module throws at boot; Error when the call is not connected
 */
export function simulateCall(agent: Type<VoiceAgent>, options?: SimulateAgentOptions): Promise<CallUnderTest>;
export function simulateCall<Context extends INestApplicationContext>(
  application: ModuleBuilder<Context>,
  options?: SimulateCallOptions,
): Promise<CallUnderTest<Context>>;
export async function simulateCall(
  subject: Type<VoiceAgent> | ModuleBuilder<INestApplicationContext>,
  options: SimulateAgentOptions = {},
): Promise<CallUnderTest> {
  const { clock = new VirtualClock() } = options;
  const voice = new ScriptedVoice(clock, options.voice);
  const isClass = typeof subject === 'function';
  // An application may have a transcriber of its own, which would connect to its vendor.
  const { callerSays = isClass ? undefined : [] } = options;
  const testing = provideTwilioVoiceTesting({
    clock,
    voice,
    ...(callerSays === undefined ? {} : { callerSays }),
  });
  const rest = new SimulatedRest();
  const module = isClass
    ? await moduleOf(subject, options, testing, rest)
    : await moduleFrom(subject, options, testing, rest);
  try {
    return await connected({ clock, voice, module }, options, rest);
  } catch (error) {
    await closedIn(clock, module);
    throw error;
  }
}

type Providers = ReturnType<typeof provideTwilioVoiceTesting>;

function moduleOf(
  agent: Type<VoiceAgent>,
  { imports = [], providers = [], settings = {} }: SimulateAgentOptions,
  testing: Providers,
  rest: SimulatedRest,
): Promise<INestApplicationContext> {
  const module = TwilioVoiceModule.forRoot({
    publicUrl: 'https://voice.example.com',
    authToken: '0123456789abcdef',
    ...settings,
    conversation: { disclosure: '', ...settings.conversation },
    agent,
    imports,
    providers: [...testing, { provide: TwilioRest, useValue: rest }, ...providers],
  });
  return NestFactory.createApplicationContext(module, { abortOnError: false, logger: ['error', 'fatal'] });
}

async function moduleFrom<Context extends INestApplicationContext>(
  application: ModuleBuilder<Context>,
  { callerSays }: SimulateCallOptions,
  testing: Providers,
  rest: SimulatedRest,
): Promise<Context> {
  application.overrideProvider(TwilioRest).useValue(rest);
  for (const { provide, useValue } of testing)
    application.overrideProvider(provide as symbol).useValue(useValue);
  const module = await application.compile();
  if (callerSays !== undefined && !hasTranscriber(module, testing)) {
    await module.close();
    throw new Error(
      'simulateCall: callerSays needs a TRANSCRIBER in the application, and there is none: add one to the providers of TwilioVoiceModule, such as elevenLabsTranscriber(…), without which its turns have no words, or simulate a call to the agent alone, simulateCall(YourAgent, { callerSays })',
    );
  }
  await module.init();
  return module;
}

function hasTranscriber(module: INestApplicationContext, testing: Providers): boolean {
  const transcriber = testing.at(-1);
  try {
    return module.get(transcriber?.provide ?? '', { strict: false }) === transcriber?.useValue;
  } catch {
    return false;
  }
}

async function connected(
  { clock, voice, module }: Pick<CallUnderTest, 'clock' | 'voice' | 'module'>,
  { from, to, network, echo, statusUrl, callSid, direction, parameters }: SimulateCallOptions,
  rest: SimulatedRest,
): Promise<CallUnderTest> {
  const isOutbound = direction === 'outbound-api';
  if (parameters !== undefined && !isOutbound)
    throw new Error(
      "simulateCall: parameters are of calls that the host places, direction: 'outbound-api'; a call that comes in has those of CALL_ADMISSION",
    );
  const transport = moduleTransport(module);
  const { publicUrl, basePath, authTokens } = module.get<ResolvedTwilioVoiceOptions>(TWILIO_VOICE_OPTIONS, {
    strict: false,
  });
  const call = new SimulatedCall({
    clock,
    transport,
    heardWords: (heard) => voice.heard(heard),
    ...defined({ from, to, network, echo, statusUrl, callSid, direction, authToken: authTokens[0] }),
  });
  rest.serve(module, call);
  const events: CallEvent[] = [];
  let voiceCall: VoiceCall | undefined;
  const started = module.get(CallRegistry, { strict: false }).started$.subscribe((arrived) => {
    if (arrived.callSid !== call.callSid) return;
    voiceCall = arrived;
    arrived.events$.subscribe((event) => events.push(event));
  });
  const context = module.get(SealedContext, { strict: false }).seal(parameters ?? {});
  call.dial(`${publicUrl}/${basePath}/${isOutbound ? `outgoing?context=${context}` : 'incoming'}`);
  await clock.advanceUntil(() => voiceCall !== undefined || call.endedBy !== undefined, CONNECT_MS);
  started.unsubscribe();
  if (voiceCall === undefined) throw notConnected(call);
  let closing: Promise<void> | undefined;
  const close = () => {
    call.hangUp();
    return (closing ??= closedIn(clock, module));
  };
  return { clock, call, voiceCall, events, voice, module, close, [Symbol.asyncDispose]: close };
}

/** What is still under way in the module may wait for time to pass. */
async function closedIn(clock: VirtualClock, module: INestApplicationContext): Promise<void> {
  let isClosed = false;
  const closing = module.close().finally(() => {
    isClosed = true;
  });
  await clock.advanceUntil(() => isClosed, CLOSE_MS, STEP_MS);
  await closing;
}

function notConnected(call: SimulatedCall): Error {
  const happened = call.events.map(({ type, detail }) => `${type} ${detail}`.trim());
  return new Error(`simulateCall: the call was not connected to the agent: ${happened.join('; ')}`);
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Options that are not there, instead of those that are undefined. */
const defined = <T extends object>(options: T): Defined<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
