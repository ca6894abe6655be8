import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnModuleInit,
  Optional,
} from '@nestjs/common';
import { catchError, concat, concatMap, defer, EMPTY, type Observable, of, throwError } from 'rxjs';
import { amidCall, CallLog } from '../../call/call-log.js';
import { CLOCK, type Clock } from '../../call/clock.js';
import { REDACTOR, type Redactor, StandardRedactor } from '../../call/redactor.js';
import type { VoiceCall } from '../../call/voice-call.js';
import type { Reply } from '../reply.js';
import { AgentTools } from '../tools/agent-tools.js';
import type { RequestedCall } from '../tools/requested-call.js';
import { stillWorking } from '../tools/still-working.js';
import type { ToolDefinition } from '../tools/toolbox.js';
import type { TurnTools } from '../tools/turn-tools.js';
import { VOICE_TOOLS, type VoiceTool } from '../tools/voice-tool.js';
import { VoiceToolRegistry } from '../tools/voice-tool-registry.js';
import type { Turn, VoiceAgent } from '../voice-agent.js';
import { type ChatPart, chatStream } from './chat-stream.js';
import { failed, ModelFailedError } from './failures.js';
import { chatMessages, toolMessages } from './messages.js';
import { redactedMessages } from './redacted-messages.js';
import {
  mergedOptions,
  OPENAI_AGENT_OPTIONS,
  type OpenAiAgentOptions,
  type ResolvedOpenAiAgentOptions,
  resolveOpenAiAgentOptions,
  type TextOfCall,
} from './openai.options.js';
import { type ChatBody, type ChatClient, type ChatMessage, loadChatClient } from './sdk.js';

/**
 * An agent whose answers a language model writes: OpenAI's, or one behind a server that speaks its chat completions.
 * It is told only what the caller heard, and its request is closed as soon as the caller interrupts.
 */
@Injectable()
export class OpenAiAgent implements VoiceAgent, OnModuleInit, BeforeApplicationShutdown {
  /** What a request costs is all that an answer in vain costs. */
  readonly preemptive = true;
  /** Of a class that extends this one: its own options, which go before those it shares with other agents. */
  protected readonly agentOptions: Partial<OpenAiAgentOptions> = {};
  readonly #shared: OpenAiAgentOptions;
  readonly #clock: Clock;
  readonly #redactor: Redactor;
  readonly #given: readonly VoiceTool[];
  readonly #registry: VoiceToolRegistry | undefined;
  readonly #log = new CallLog();
  /** Lasting failures that were told. */
  readonly #told = new Set<string>();
  #made: { readonly options: ResolvedOpenAiAgentOptions; readonly tools: AgentTools } | undefined;
  #client: ChatClient | undefined;

  /** Nest makes it; elsewhere use {@link create}. */
  constructor(
    @Inject(OPENAI_AGENT_OPTIONS) options: OpenAiAgentOptions,
    @Inject(CLOCK) clock: Clock,
    @Optional() @Inject(REDACTOR) redactor: Redactor = new StandardRedactor(),
    @Optional() @Inject(VOICE_TOOLS) tools: readonly VoiceTool[] = [],
    @Optional() @Inject(VoiceToolRegistry) registry?: VoiceToolRegistry,
  ) {
    this.#shared = options;
    this.#clock = clock;
    this.#redactor = redactor;
    this.#given = tools;
    this.#registry = registry;
  }

  /**
   * An agent that is ready; nothing is asked of the model yet.
   * @throws Error that names each wrong option, a wrong tool, or the package that is missing
   */
  static async create(
    options: OpenAiAgentOptions,
    clock: Clock,
    redactor?: Redactor,
    tools?: readonly VoiceTool[],
  ): Promise<OpenAiAgent> {
    const agent = new OpenAiAgent(options, clock, redactor, tools);
    await agent.onModuleInit();
    return agent;
  }

  /**
   * Looks at options and tools, and loads the SDK: what is wrong or missing stops the boot and not the first call.
   * @throws (rejects) as {@link create}
   */
  async onModuleInit(): Promise<void> {
    this.#client ??= await loadChatClient(this.#ready.options);
  }

  /** When it is first needed: a class that extends this one has its own options, and Nest all tools, only then. */
  get #ready(): { readonly options: ResolvedOpenAiAgentOptions; readonly tools: AgentTools } {
    return (this.#made ??= this.#make());
  }

  #make() {
    const { name } = this.constructor;
    const of = name === 'OpenAiAgent' ? '' : ` of ${name}`;
    const options = resolveOpenAiAgentOptions(mergedOptions(this.#shared, this.agentOptions), of);
    const tools = this.#registry?.of(this, this.#given) ?? this.#given;
    return { options, tools: new AgentTools(tools, this.#clock, options.toolUse, this.#redactor) };
  }

  /** Later than `onModuleDestroy`, in which calls are heard to their end. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#client?.close();
    this.#client = undefined;
  }

  onCallStart(call: VoiceCall): Reply | undefined {
    const { greeting } = this.#ready.options;
    return greeting === undefined ? undefined : textFor(greeting, call);
  }

  reply(turn: Turn): Observable<string> {
    return defer(() => {
      const answer = {
        turn,
        tools: this.#ready.tools.begin(turn),
        messages: this.#messages(turn),
        wrote: '',
      };
      return this.#round(answer);
    }).pipe(
      catchError((error: unknown) => {
        this.#tell(error, turn.call);
        throw error;
      }),
    );
  }

  /** What cannot mend itself is told once, with what to do about it; the call tells the rest. */
  #tell(error: unknown, call: VoiceCall): void {
    if (!(error instanceof ModelFailedError) || !error.lasting || this.#told.has(error.message)) return;
    this.#told.add(error.message);
    this.#log.error(amidCall(call), error.message);
  }

  #messages(turn: Turn): ChatMessage[] {
    const { options, tools } = this.#ready;
    const { instructions, historyTurns } = options;
    return chatMessages(textFor(instructions, turn.call), turn, historyTurns, tools.earlier(turn));
  }

  /** Asks the model, does what it wants done, and asks it again, until it has answered. */
  #round(answer: Answer): Observable<string> {
    let wrote = '';
    let calls: readonly RequestedCall[] = [];
    return this.#parts(answer).pipe(
      concatMap((part) => {
        if (part.type === 'finish')
          return calls.length > 0 && answer.tools.mayCall
            ? this.#use(calls, wrote, answer)
            : this.#ending(part.reason, `${answer.wrote}${wrote}`);
        if (part.type === 'tool-calls') {
          calls = part.calls;
          return EMPTY;
        }
        const text = wrote === '' && isOpen(answer.wrote) ? ` ${part.text}` : part.text;
        wrote += part.text;
        return of(text);
      }),
    );
  }

  #parts({ turn, tools, messages }: Answer): Observable<ChatPart> {
    const client = this.#client;
    if (client === undefined) throw new Error('The OpenAI agent was not initialised, or is closed.');
    const { limits, model } = this.#ready.options;
    return chatStream(this.#body(messages, tools), {
      client,
      clock: this.#clock,
      limits,
      signal: turn.signal,
      used: (usage) => {
        turn.call.report({ type: 'usage', usage: { kind: 'model', model, ...usage } });
      },
    });
  }

  #use(calls: readonly RequestedCall[], wrote: string, answer: Answer): Observable<string> {
    const { tools, messages } = answer;
    const all = answer.wrote + wrote;
    const again = () => {
      const round = tools.rounds.at(-1);
      if (tools.over || round === undefined) return EMPTY;
      const told = [...messages, ...toolMessages(round, wrote)];
      return this.#round({ ...answer, messages: told, wrote: all });
    };
    return concat(
      stillWorking(tools.run(calls, all.length), this.#clock, 'end'),
      stillWorking(defer(again), this.#clock, 'text'),
    );
  }

  #body(messages: readonly ChatMessage[], tools: TurnTools): ChatBody {
    const { options, tools: own } = this.#ready;
    const { model, temperature, maxTokens, maxTokensField, includeUsage } = options;
    const { definitions } = own.toolbox;
    return {
      model,
      messages: redactedMessages(messages, this.#redactor),
      stream: true,
      [maxTokensField]: maxTokens,
      ...(includeUsage ? { stream_options: { include_usage: true } } : {}),
      ...(temperature === undefined ? {} : { temperature }),
      ...(definitions.length === 0 ? {} : { tools: definitions.map(functionTool) }),
      // Told of tools, as some servers refuse their messages otherwise, but not free to call one more.
      ...(definitions.length === 0 || tools.mayCall ? {} : { tool_choice: 'none' }),
    };
  }

  #ending(reason: string, wrote: string): Observable<string> {
    const { tooLong, filtered } = this.#ready.options.phrases;
    const isSilent = wrote.trim() === '';
    if (reason === 'content_filter') return of(isSilent ? filtered : ` ${filtered}`);
    if (isSilent) return throwError(() => failed('empty_answer', 'wrote no word'));
    return reason === 'length' ? of(tooLong) : EMPTY;
  }
}

/** An answer that is being made. */
interface Answer {
  readonly turn: Turn;
  readonly tools: TurnTools;
  readonly messages: readonly ChatMessage[];
  /** Text of the rounds before. */
  readonly wrote: string;
}

/** Whether a space is missing before the next word. */
const isOpen = (text: string): boolean => /\S$/.test(text);

const functionTool = (tool: ToolDefinition): NonNullable<ChatBody['tools']>[number] => ({
  type: 'function',
  function: { ...tool, parameters: { ...tool.parameters } },
});

const textFor = (text: TextOfCall, call: VoiceCall): string => (typeof text === 'string' ? text : text(call));
