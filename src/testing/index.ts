export { isAudible, msToSilence } from './audibility.js';
export {
  CallObservations,
  type SimulatedCallEvent,
  type SimulatedCallEventType,
} from './call-observations.js';
export { CallerTrack, type Said } from './caller-track.js';
export { InProcessSocket } from './in-process-socket.js';
export { inProcessTransport, type InProcessOptions, type SocketGateway } from './in-process-transport.js';
export { voiceMatchers, type MatcherResult, type VoiceMatchers } from './matchers/voice-matchers.js';
export { moduleTransport } from './module-transport.js';
export { NetworkLane, type LaneOptions } from './network-lane.js';
export { networkTransport } from './network-transport.js';
export {
  checkOutbound,
  type OutboundCheck,
  type OutboundMessage,
  type OutboundViolation,
} from './outbound-check.js';
export { PlayoutBuffer, type HeardStretch } from './playout-buffer.js';
export { provideTwilioVoiceTesting, type TwilioVoiceTestingOptions } from './provide-twilio-voice-testing.js';
export { seededRandom, type Random } from './random.js';
export { ScaledClock } from './scaled-clock.js';
export {
  ScriptedAgent,
  type ScriptedAgentOptions,
  type ScriptedReply,
  type ScriptedTokens,
} from './scripted-agent.js';
export { lastHeard, readScript, scriptedAudio, type ScriptPosition } from './scripted-chunk.js';
export { ScriptedVoice, type ScriptedUtterance, type VoiceScript } from './scripted-voice.js';
export {
  simulateCall,
  type CallUnderTest,
  type ModuleBuilder,
  type SimulateAgentOptions,
  type SimulateCallOptions,
} from './simulate-call.js';
export { SimulatedCall, type SimulatedCallEnd } from './simulated-call.js';
export type { SimulatedCallOptions } from './simulated-call-options.js';
export { SimulatedCaller } from './simulated-caller.js';
export { SimulatedLine, type SimulatedLineOptions } from './simulated-line.js';
export { type DirectionOptions, type NetworkOptions } from './simulated-network.js';
export {
  SimulatedStream,
  type EchoPath,
  type MarkRecord,
  type Received,
  type SimulatedStreamOptions,
  type Violation,
} from './simulated-stream.js';
export type { StreamIdentity } from './inbound-messages.js';
export { speechLikeSound } from './speech-like-sound.js';
export type { HttpAnswer, Post, SocketEvents, Transport, TransportSocket } from './transport.js';
export { parseTwiml, type TwimlElement } from './twiml-parser.js';
export type { TwimlEnd } from './twiml-runner.js';
export { twilioSignature } from './twilio-signature.js';
export { VirtualClock } from './virtual-clock.js';
export { ElevenLabsServer, type ElevenLabsServerOptions } from './elevenlabs/elevenlabs-server.js';
export { FAULT_KINDS, type ElevenLabsFault, type FaultKind, type FaultPlace } from './elevenlabs/faults.js';
export type { Generation, HeardGeneration } from './elevenlabs/generation.js';
export type { AlignmentMode, ServerScenario, SpeechScenario } from './elevenlabs/scenario.js';
export type { ScribeScenario } from './elevenlabs/scribe-scenario.js';
export type { ScriptedWords } from './elevenlabs/scribe-script.js';
export type {
  EntryOf,
  JournalEntry,
  JournalEvent,
  JournalType,
  ServerJournal,
  WarningCode,
} from './elevenlabs/server-journal.js';
export { ScriptedTranscriber, type TranscriberScript } from './scripted-transcriber.js';
export type { ChatAnswer, ChatScript, ScriptedChatAnswer, ScriptedToolCall } from './openai/answers.js';
export type { ChatMessage, ChatRequest } from './openai/chat-request.js';
export { OPENAI_FAULT_KINDS, type OpenAiFault, type OpenAiFaultKind } from './openai/faults.js';
export { OpenAiServer, type OpenAiServerOptions } from './openai/openai-server.js';
export type { JournaledRequest } from './openai/request-journal.js';
export type { ChatScenario } from './openai/scenario.js';
export { FakeCall, type FakeCallOptions, type SaidToCaller } from './unit/fake-call.js';
export { greetingOf, replyOf } from './unit/reply-of.js';
export { agentSaid, agentWasCut, callerSaid, turn, type TestTurn, type TurnParts } from './unit/turn.js';
