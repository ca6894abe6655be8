/** A message of a client of either text-to-speech socket. */
export interface ClientMessage {
  readonly text: string | undefined;
  readonly contextId: string | undefined;
  readonly flush: boolean;
  readonly tryTrigger: boolean;
  readonly closeContext: boolean;
  readonly closeSocket: boolean;
  readonly hasVoiceSettings: boolean;
  /** `chunk_length_schedule`, characters. */
  readonly schedule: readonly number[] | undefined;
}

export function readClientMessage(message: Readonly<Record<string, unknown>>): ClientMessage {
  const { text, context_id: contextId } = message;
  return {
    text: typeof text === 'string' ? text : undefined,
    contextId: typeof contextId === 'string' && contextId !== '' ? contextId : undefined,
    flush: message['flush'] === true,
    tryTrigger: message['try_trigger_generation'] === true,
    closeContext: message['close_context'] === true,
    closeSocket: message['close_socket'] === true,
    hasVoiceSettings: message['voice_settings'] !== undefined && message['voice_settings'] !== null,
    schedule: scheduleOf(message['generation_config'] ?? message['generator_config']),
  };
}

function scheduleOf(config: unknown): readonly number[] | undefined {
  const { chunk_length_schedule: schedule } = Object(config) as { chunk_length_schedule?: unknown };
  if (!Array.isArray(schedule)) return undefined;
  return schedule.filter((length): length is number => typeof length === 'number');
}
