import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { catchError, concatMap, defer, EMPTY, type Observable, of, throwError } from 'rxjs';
import { CLOCK, type Clock } from '../../call/clock.js';
import type { VoiceCall } from '../../call/voice-call.js';
import type { Reply } from '../reply.js';
import type { Turn, VoiceAgent } from '../voice-agent.js';
import { type ChatPart, chatStream } from './chat-stream.js';
import { failed, ModelFailedError } from './failures.js';
import { chatMessages } from './messages.js';
import {
  OPENAI_AGENT_OPTIONS,
  type OpenAiAgentOptions,
  type ResolvedOpenAiAgentOptions,
  resolveOpenAiAgentOptions,
  type TextOfCall,
} from './openai.options.js';
import { type ChatBody, type ChatClient, loadChatClient } from './sdk.js';

/**
 * An agent whose answers a language model writes: OpenAI's, or one behind a server that speaks its chat completions.
 * It is told only what the caller heard, and its request is closed as soon as the caller interrupts.
 */
@Injectable()
export class OpenAiAgent implements VoiceAgent, OnModuleInit, OnModuleDestroy {
  readonly #options: ResolvedOpenAiAgentOptions;
  readonly #clock: Clock;
  readonly #logger = new Logger('TwilioVoice');
  /** Lasting failures that were told. */
  readonly #told = new Set<string>();
  #client: ChatClient | undefined;

  /**
   * Nest makes it; elsewhere use {@link create}.
   * @throws Error that names each wrong option
   */
  constructor(@Inject(OPENAI_AGENT_OPTIONS) options: OpenAiAgentOptions, @Inject(CLOCK) clock: Clock) {
    this.#options = resolveOpenAiAgentOptions(options);
    this.#clock = clock;
  }

  /**
   * An agent that is ready; nothing is asked of the model yet.
   * @throws Error that names each wrong option, or the package that is missing
   */
  static async create(options: OpenAiAgentOptions, clock: Clock): Promise<OpenAiAgent> {
    const agent = new OpenAiAgent(options, clock);
    await agent.onModuleInit();
    return agent;
  }

  /** Loads the SDK: a missing one stops the boot and not the first call. */
  async onModuleInit(): Promise<void> {
    this.#client ??= await loadChatClient(this.#options);
  }

  async onModuleDestroy(): Promise<void> {
    await this.#client?.close();
    this.#client = undefined;
  }

  onCallStart(call: VoiceCall): Reply | undefined {
    const { greeting } = this.#options;
    return greeting === undefined ? undefined : textFor(greeting, call);
  }

  reply(turn: Turn): Observable<string> {
    return defer(() => {
      const client = this.#client;
      if (client === undefined) throw new Error('The OpenAI agent was not initialised, or is closed.');
      const { limits } = this.#options;
      const stream = { client, clock: this.#clock, limits, signal: turn.signal };
      return this.#spoken(chatStream(this.#body(turn), stream));
    }).pipe(
      catchError((error: unknown) => {
        this.#tell(error);
        throw error;
      }),
    );
  }

  /** What cannot mend itself is told once, with what to do about it; the call tells the rest. */
  #tell(error: unknown): void {
    if (!(error instanceof ModelFailedError) || !error.lasting || this.#told.has(error.message)) return;
    this.#told.add(error.message);
    this.#logger.error(error.message);
  }

  #body(turn: Turn): ChatBody {
    const { model, instructions, temperature, maxTokens, maxTokensField, historyTurns } = this.#options;
    return {
      model,
      messages: chatMessages(textFor(instructions, turn.call), turn, historyTurns),
      stream: true,
      [maxTokensField]: maxTokens,
      ...(temperature === undefined ? {} : { temperature }),
    };
  }

  /** What is said of an answer, and how it ends. */
  #spoken(parts$: Observable<ChatPart>): Observable<string> {
    let wrote = false;
    return parts$.pipe(
      concatMap((part) => {
        if (part.type === 'finish') return this.#ending(part.reason, wrote);
        wrote ||= part.text.trim() !== '';
        return of(part.text);
      }),
    );
  }

  #ending(reason: string, wrote: boolean): Observable<string> {
    const { tooLong, filtered } = this.#options.phrases;
    if (reason === 'content_filter') return of(wrote ? ` ${filtered}` : filtered);
    if (!wrote) return throwError(() => failed('empty_answer', 'wrote no word'));
    return reason === 'length' ? of(tooLong) : EMPTY;
  }
}

const textFor = (text: TextOfCall, call: VoiceCall): string => (typeof text === 'string' ? text : text(call));
