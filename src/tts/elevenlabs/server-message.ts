/** Characters of the text as it was sent, and when they sound, in ms. */
export interface CharacterTimes {
  readonly chars: readonly string[];
  readonly startsMs: readonly number[];
  readonly durationsMs: readonly number[];
}

/** What the server says, whichever way it spells it. */
export interface ServerMessage {
  readonly contextId?: string;
  /** mu-law, 8 kHz; its own memory. */
  readonly audio?: Uint8Array;
  readonly alignment?: CharacterTimes;
  readonly isFinal: boolean;
  readonly isFlushDone: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** @returns undefined for what is no message of this protocol */
export function parseServerMessage(text: string): ServerMessage | undefined {
  const message = parseObject(text);
  if (message === undefined) return undefined;
  const contextId = stringOf(message['contextId'] ?? message['context_id']);
  const encoded = message['audio'] ?? '';
  const audio = decodedAudio(encoded);
  if (audio === undefined) return undefined;
  const error = stringOf(message['error']);
  const alignment = characterTimes(message['alignment']);
  return {
    ...(contextId === undefined ? {} : { contextId }),
    ...(audio.length > 0 ? { audio } : {}),
    ...(alignment === undefined ? {} : { alignment }),
    isFinal: (message['isFinal'] ?? message['is_final']) === true,
    isFlushDone: message['type'] === 'flush_done',
    ...(error === undefined ? {} : { error: { code: error, message: stringOf(message['message']) ?? '' } }),
  };
}

/** Spellings of the same arrays that the service and its documents use. */
const STARTS = ['charStartTimesMs', 'charsStartTimesMs', 'char_start_times_ms'];
const DURATIONS = ['charDurationsMs', 'charsDurationsMs', 'char_durations_ms'];

function characterTimes(value: unknown): CharacterTimes | undefined {
  if (!isObject(value)) return undefined;
  const chars = arrayOf(value['chars'], isString);
  const startsMs = arrayOf(firstOf(value, STARTS), isNumber);
  const durationsMs = arrayOf(firstOf(value, DURATIONS), isNumber);
  if (chars === undefined || startsMs === undefined || durationsMs === undefined) return undefined;
  const isWhole = chars.length === startsMs.length && chars.length === durationsMs.length;
  return isWhole && chars.length > 0 ? { chars, startsMs, durationsMs } : undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Audio in memory of its own: Node's pooled memory holds other data around it.
 * @returns undefined for what is no base64
 */
export function decodedAudio(encoded: unknown): Uint8Array | undefined {
  if (typeof encoded !== 'string' || !BASE64.test(encoded)) return undefined;
  return new Uint8Array(Buffer.from(encoded, 'base64'));
}

const firstOf = (value: Record<string, unknown>, names: readonly string[]): unknown =>
  names.map((name) => value[name]).find((found) => found !== undefined);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const stringOf = (value: unknown): string | undefined => (isString(value) ? value : undefined);

function arrayOf<T>(value: unknown, is: (item: unknown) => item is T): readonly T[] | undefined {
  return Array.isArray(value) && value.every(is) ? value : undefined;
}
