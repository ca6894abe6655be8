export { CallRegistry } from './call/call-registry.js';
export { CALL_CONTROL, type CallControl } from './call/call-control.js';
export { CLOCK, type CancelTimer, type Clock } from './call/clock.js';
export {
  STREAM_ACCEPTOR,
  type MediaSink,
  type StreamAcceptor,
  type StreamEndReason,
  type StreamReceiver,
  type StreamStart,
} from './call/stream.js';
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
export { VOICE_AGENT, type Turn, type VoiceAgent } from './conversation/voice-agent.js';
export { EnergyDetector, type EnergyDetectorOptions } from './listening/energy-detector.js';
export type { TurnHint } from './listening/endpointing.js';
export {
  LISTENING_PROFILES,
  type ListeningOptions,
  type ListeningProfile,
} from './listening/listening-profiles.js';
export { SileroDetector } from './listening/silero/silero-detector.js';
export { SileroNetwork } from './listening/silero/silero-network.js';
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
export { MediaStreamAdapter } from './twilio/media-stream.adapter.js';
export { TWILIO_CLIENT, type TwilioClient } from './twilio/twilio-rest.js';
export { TwilioStreamGateway } from './twilio/twilio-stream.gateway.js';
export {
  TwilioVoiceModule,
  type TwilioVoiceModuleAsyncOptions,
  type TwilioVoiceModuleOptions,
} from './twilio-voice.module.js';
export { TWILIO_VOICE_OPTIONS, type TwilioVoiceOptions } from './twilio-voice.options.js';
