export { CallRegistry } from './call/call-registry.js';
export { CALL_CONTROL, type CallControl } from './call/call-control.js';
export { CALL_SCOPE, type CallScope, type CallWork } from './call/call-scope.js';
export { CallScopes } from './call/call-scopes.js';
export { CLOCK, type CancelTimer, type Clock } from './call/clock.js';
export type { ResolvedTransferTarget, TransferTarget } from './call/handover.options.js';
export { InterruptedError } from './call/interrupted-error.js';
export {
  STREAM_ACCEPTOR,
  type MediaSink,
  type StreamAcceptor,
  type StreamEndReason,
  type StreamReceiver,
  type StreamStart,
} from './call/stream.js';
export {
  CALL_RECORDS,
  type AnswerRecord,
  type CallRecord,
  type CallRecordStore,
  type FailureRecord,
  type ModelUsage,
  type SpokenRecord,
  type ToolRecord,
  type TurnRecord,
  type UsageRecord,
  type Waterfall,
} from './call/record/call-record.js';
export { costOf, type CallCost, type Prices } from './call/record/cost.js';
export {
  NO_REDACTION,
  REDACTOR,
  StandardRedactor,
  type RedactionPlace,
  type Redactor,
} from './call/redactor.js';
export {
  NOT_RECORDED,
  type CollectedKeys,
  type KeysToCollect,
  type SensitiveKeys,
} from './call/sensitive/sensitive.js';
export { SystemClock } from './call/system-clock.js';
export type {
  AnswerStep,
  CallEndReason,
  CallEvent,
  CallReport,
  CallUsage,
  SpeechOutcome,
  ToolReport,
  VoiceCall,
} from './call/voice-call.js';
export { ConversationService } from './conversation/conversation.service.js';
export type { AgentEntry, CallerEntry, History, HistoryEntry } from './conversation/history.js';
export type { Reply } from './conversation/reply.js';
export {
  affirms,
  HangUpTool,
  SendDigitsTool,
  ToolError,
  TransferTool,
  VOICE_TOOLS,
  VoiceTool,
  VoiceToolRegistry,
  voiceTools,
  type Affirms,
  type ConfirmQuestion,
  type ConsentReply,
  type MethodToolOptions,
  type ToolContext,
  type VoiceToolOptions,
} from './conversation/tools/index.js';
export type { AgentConditions, AgentTest } from './conversation/agents/agent-conditions.js';
export { VOICE_AGENT, VoiceAgent, type Turn } from './conversation/voice-agent.js';
export {
  CALL_ADMISSION,
  type AdmissionAnswer,
  type ArrivingCall,
  type CallAdmission,
} from './limits/call-admission.js';
export { CALLER_RATES, type CallerRates } from './limits/caller-rates.js';
export type { CallLimit, CallRate } from './limits/limits.options.js';
export { EnergyDetector, type EnergyDetectorOptions } from './listening/energy-detector.js';
export type { EchoGuardOptions } from './listening/echo-guard.js';
export type { EndpointingOptions, TurnHint } from './listening/endpointing.js';
export {
  LISTENING_PROFILES,
  type ListeningOptions,
  type ListeningProfile,
} from './listening/listening-profiles.js';
export { SileroDetector } from './listening/silero/silero-detector.js';
export { SileroNetwork, SileroState } from './listening/silero/silero-network.js';
export type { SpeechBar } from './listening/sustained-speech.js';
export {
  VOICE_ACTIVITY_DETECTOR,
  type VoiceActivityDetector,
  type VoiceActivityDetectorFactory,
  type WindowListener,
} from './listening/voice-activity-detector.js';
export {
  TRANSCRIBER,
  TranscriberFailedError,
  type TranscribedWord,
  type Transcriber,
  type TranscriberOptions,
  type Transcript,
} from './listening/transcriber.js';
export type { HistogramSnapshot } from './metrics/histogram.js';
export { VoiceHealth, type VoiceHealthStatus } from './metrics/voice-health.js';
export { VoiceMetrics, type MeasuredInBuckets, type VoiceMetricsSnapshot } from './metrics/voice-metrics.js';
export type { HeardMethod } from './playout/ledger.js';
export type { TextMethod } from './playout/heard-text.js';
export { SpeechStalledError, type SettledUtterance, type UtteranceEnd } from './playout/settled-utterance.js';
export { TtsService } from './tts/tts.service.js';
export type { CallVoice } from './tts/call-voice.js';
export {
  FALLBACK_VOICE,
  SpeechFailedError,
  VOICE,
  type AlignedText,
  type SpeechChunk,
  type SpeechWay,
  type Synthesize,
  type UtteranceVoiceOptions,
  type Voice,
  type VoiceOptions,
  type VoiceSession,
} from './tts/voice.js';
export type { HostEvent, HostEventOf, HostEventType } from './events/host-event.js';
export {
  OnCallEvent,
  type CallEventHandler,
  type OnCallEventOptions,
} from './events/on-call-event.decorator.js';
export type {
  AnsweredByEvent,
  CallbackEvent,
  CallStatus,
  CallStatusEvent,
  RecordingStatusEvent,
  StreamStatusEvent,
  TransferEvent,
} from './twilio/callbacks/callback-events.js';
export { TwilioCallbacks } from './twilio/callbacks/twilio-callbacks.js';
export { MediaStreamAdapter } from './twilio/media-stream.adapter.js';
export { BEFORE_DIAL, type BeforeDial, type IntendedCall } from './twilio/calls/before-dial.js';
export { CallRecordings, NotAnnouncedError } from './twilio/calls/call-recordings.js';
export { DialRefusedError, type DialRefusal } from './twilio/calls/dial-guard.js';
export type { CallToPlace, PlacedCall, RecordingConsent } from './twilio/calls/placed-call.js';
export { TwilioCallError, type TwilioCallProblem } from './twilio/calls/twilio-call-error.js';
export { TwilioCallsService } from './twilio/calls/twilio-calls.service.js';
export {
  TWILIO_CLIENT,
  type NewCall,
  type NewRecording,
  type RecordingChange,
  type TwilioCallResource,
  type TwilioClient,
  type TwilioRecordings,
} from './twilio/twilio-client.js';
export { TwilioStreamGateway } from './twilio/twilio-stream.gateway.js';
export {
  TwilioVoiceModule,
  type TwilioVoiceModuleAsyncOptions,
  type TwilioVoiceModuleOptions,
} from './twilio-voice.module.js';
export type { TwilioVoiceOptionsFactory, TwilioVoiceSettings } from './twilio-voice-module.async.js';
export {
  TWILIO_VOICE_OPTIONS,
  type ResolvedTwilioVoiceOptions,
  type TwilioVoiceOptions,
} from './twilio-voice.options.js';
export {
  BusUnavailableError,
  CALL_BUS,
  DeadlineError,
  NoSuchCallError,
  RemoteError,
  type AskOptions,
  type TellOptions,
  type BusEvent,
  type CallBus,
  type CallOwner,
} from './sharing/call-bus.js';
export type { AnswerTo, CallCommand } from './sharing/call-commands.js';
export {
  CALL_DIRECTORY,
  type CallDirectory,
  type CallFacts,
  type DirectoryEntry,
} from './sharing/call-directory.js';
export type { CallHandle } from './sharing/call-handle.js';
export { LiveCalls, type CommandOutcome, type LiveCall } from './sharing/live-calls.js';
export { SHARED_STORE, type Change, type SharedStore } from './sharing/shared-store.js';
export { SharingUnavailableError } from './sharing/sharing-errors.js';
export { SHARING_STATUS, type SharingStatus } from './sharing/sharing-status.js';
