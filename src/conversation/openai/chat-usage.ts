import type { ChatBody } from './sdk.js';

/** Of one request. */
export interface ChatUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The server did not tell. */
  readonly estimated?: true;
}

/** Of UTF-8: a token is about four letters of English, two of Russian, one and a half of Chinese. */
const BYTES_PER_TOKEN = 4;

/** What a request costs, told exactly once: as the server says, or else by the text that went and came. */
export class UsageMeter {
  readonly #inputBytes: number;
  readonly #used: (usage: ChatUsage) => void;
  #outputBytes = 0;
  #isOver = false;

  constructor({ messages, tools }: ChatBody, used: (usage: ChatUsage) => void) {
    this.#inputBytes = Buffer.byteLength(JSON.stringify({ messages, tools }));
    this.#used = used;
  }

  wrote(text: string): void {
    this.#outputBytes += Buffer.byteLength(text);
  }

  /** The server did not take the request: nothing is told. */
  refused(): void {
    this.#isOver = true;
  }

  /** Takes what a chunk tells of usage, if it tells any. */
  told(chunk: unknown): void {
    const { usage } = Object(chunk) as { usage?: unknown };
    const { prompt_tokens: input, completion_tokens: output } = Object(usage) as Record<string, unknown>;
    // Some servers tell what it is so far with every chunk: the finish tells the end.
    if (isCount(input) && isCount(output) && isLast(chunk))
      this.#tell({ inputTokens: input, outputTokens: output });
  }

  /** No more will come. */
  over(): void {
    this.#tell({
      inputTokens: Math.ceil(this.#inputBytes / BYTES_PER_TOKEN),
      outputTokens: Math.ceil(this.#outputBytes / BYTES_PER_TOKEN),
      estimated: true,
    });
  }

  #tell(usage: ChatUsage): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#used(usage);
  }
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** The usage comes behind the last choice, or with it. */
function isLast(chunk: unknown): boolean {
  const { choices } = Object(chunk) as { choices?: unknown };
  const [choice] = Array.isArray(choices) ? (choices as unknown[]) : [];
  return (
    choice === undefined || typeof (Object(choice) as Record<string, unknown>)['finish_reason'] === 'string'
  );
}
