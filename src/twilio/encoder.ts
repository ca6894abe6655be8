/** Writes the three messages Twilio takes, for one stream; an extra key would be a protocol violation. */
export class MessageEncoder {
  readonly #media: string;
  readonly #mark: string;
  readonly #clear: string;

  constructor(streamSid: string) {
    const stream = `"streamSid":${JSON.stringify(streamSid)}`;
    this.#media = `{"event":"media",${stream},"media":{"payload":"`;
    this.#mark = `{"event":"mark",${stream},"mark":{"name":`;
    this.#clear = `{"event":"clear",${stream}}`;
  }

  /** @param audio mu-law 8 kHz, at least one byte, without any file header */
  media(audio: Uint8Array): string {
    const bytes = Buffer.isBuffer(audio)
      ? audio
      : Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength);
    return `${this.#media}${bytes.toString('base64')}"}}`;
  }

  mark(name: string): string {
    return `${this.#mark}${JSON.stringify(name)}}}`;
  }

  clear(): string {
    return this.#clear;
  }
}
