export { OfflineVoice, type OfflineVoiceOptions } from './offline-voice.js';
export { FLITE_VOICES, type FliteVoice } from './flite.js';
