/** The entry point `nestjs-twilio-voice/elevenlabs`: speech and transcription by ElevenLabs. */
export * from './listening/elevenlabs/index.js';
export * from './tts/elevenlabs/index.js';
