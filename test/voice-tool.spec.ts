import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Inject,
  Injectable,
  Logger,
  Module,
  type ModuleMetadata,
  Scope,
  type Type,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import {
  HangUpTool,
  type ToolContext,
  TwilioVoiceModule,
  VoiceAgent,
  VoiceTool,
  VoiceToolRegistry,
} from '../src/index.js';
import {
  OpenAiAgent,
  openAiAgentOptions,
  type OpenAiAgentOptions,
} from '../src/conversation/openai/index.js';
import { type ChatRequest, provideTwilioVoiceTesting } from '../src/testing/index.js';
import { ModelHost, type ModelHostOptions } from './support/model-host.js';

const SALES = '+4930111111';

@Injectable()
class Ledger {
  readonly cancelled: number[] = [];
}

@VoiceAgent({ number: SALES })
class SalesAgent extends OpenAiAgent {
  @Inject(Ledger) private readonly ledger!: Ledger;
  protected override readonly agentOptions: Partial<OpenAiAgentOptions> = {
    instructions: () => `You sell. Cancelled so far: ${this.ledger.cancelled.length}.`,
    greeting: 'Sales, hello.',
    maxTokens: 77,
  };
}

/** A tool that is a class. */
@VoiceTool()
@Injectable()
class Weather implements VoiceTool<{ town: string }> {
  readonly name = 'weather';
  readonly description = 'Tells the weather.';
  readonly input = z.object({ town: z.string() });
  run({ town }: { town: string }): string {
    return `Rain in ${town}.`;
  }
}

/** A service of the host's, two of whose methods are tools. */
@Injectable()
class Orders {
  readonly contexts: ToolContext[] = [];
  constructor(@Inject(Ledger) private readonly ledger: Ledger) {}

  @VoiceTool({
    description: 'Tells where an order is.',
    input: z.object({ order: z.number().int(), language: z.string().default('en') }),
  })
  orderState({ order, language }: { order: number; language: string }, context: ToolContext): string {
    this.contexts.push(context);
    return `Order ${order} left on Monday (${language}).`;
  }

  @VoiceTool({
    name: 'cancel',
    description: 'Cancels an order.',
    input: z.object({ order: z.number() }),
    confirm: ({ order }) => `Shall I cancel order ${order}?`,
    agents: [SalesAgent],
  })
  async cancelOrder({ order }: { order: number }): Promise<{ done: boolean }> {
    await Promise.resolve();
    this.ledger.cancelled.push(order);
    return { done: true };
  }
}

@Module({ providers: [Ledger], exports: [Ledger] })
class LedgerModule {}

/** Somewhere in the host, and unknown to the module. */
@Module({ imports: [LedgerModule], providers: [Orders, Weather], exports: [Orders] })
class OrdersModule {}

const call = (name: string, input: object) => ({
  toolCalls: [{ name, arguments: input as Record<string, unknown> }],
});
const namesIn = ({ tools = [] }: { readonly tools?: { readonly function: { readonly name: string } }[] }) =>
  tools.map((tool) => tool.function.name).sort();

describe('tools found in the application, in whole calls over real sockets', () => {
  let host: ModelHost;
  afterEach(() => host.close());
  const start = async (options: Partial<ModelHostOptions>, to?: string) => {
    host = await ModelHost.boot({
      says: ['where is order seven'],
      agents: [SalesAgent],
      imports: [OrdersModule, LedgerModule],
      providers: [{ provide: Ledger, useValue: { cancelled: [] } }],
      ...options,
    });
    await host.dial(to === undefined ? {} : { to });
    if (to === SALES) await host.quiet();
  };
  const request = () => host.model.journal.at(-1)?.body as ChatRequest & Parameters<typeof namesIn>[0];
  const toolResults = () =>
    host.messages().flatMap(({ role, content }) => (role === 'tool' ? [content] : []));

  it('are offered beside those that were given, and not to agents they are not for', async () => {
    await start({ tools: [HangUpTool] });
    host.model.says('Hello.');
    await host.exchange();
    expect(namesIn(request())).toEqual(['hang_up', 'orderState', 'weather']);
  });

  it('are offered to the agent they are for, which has its own options too', async () => {
    await start({}, SALES);
    host.model.says('Hello.');
    await host.exchange();
    expect(host.heard).toEqual(['Sales, hello.', 'Hello.']);
    expect(namesIn(request())).toEqual(['cancel', 'orderState', 'weather']);
    expect(request().max_tokens).toBe(77);
    expect(request().messages[0]?.content).toContain('You sell. Cancelled so far: 0.');
  });

  it('that are methods are called on their provider, with the parsed input and the call', async () => {
    await start({});
    host.model.says(call('orderState', { order: 7 }), 'It left on Monday.');
    await host.exchange();
    expect(toolResults()).toEqual(['Order 7 left on Monday (en).']);
    expect(host.toolSteps).toEqual(['orderState started', 'orderState succeeded']);
    const [context] = host.app.get(Orders, { strict: false }).contexts;
    expect(context).toMatchObject({
      transcript: 'where is order seven',
      call: { callSid: host.call.callSid },
    });
    expect(context?.signal.aborted).toBe(false);
  });

  it('that are methods are not called with what their schema refuses', async () => {
    await start({});
    host.model.says(call('orderState', { order: 'seven' }), 'I could not look that up.');
    await host.exchange();
    expect(host.toolSteps).toEqual(['orderState refused']);
    expect(host.app.get(Orders, { strict: false }).contexts).toEqual([]);
  });

  it('that are classes are run', async () => {
    await start({});
    host.model.says(call('weather', { town: 'Bremen' }), 'It rains.');
    await host.exchange();
    expect(toolResults()).toEqual(['Rain in Bremen.']);
  });

  it('that are methods ask the caller first, where they are to', async () => {
    await start({ says: ['cancel order seven', 'yes please'] }, SALES);
    const ledger = host.app.select(OrdersModule).get(Orders)['ledger'];
    host.model.says(call('cancel', { order: 7 }));
    await host.exchange();
    expect(host.heard.at(-1)).toBe('Shall I cancel order 7?');
    expect(ledger.cancelled).toEqual([]);
    host.model.says(call('cancel', { order: 7 }), 'Done.');
    await host.exchange();
    expect(ledger.cancelled).toEqual([7]);
    expect(toolResults().at(-1)).toBe('{"done":true}');
  });

  it('are not run for an agent they are not for, even if its model knows their name', async () => {
    await start({});
    host.model.says(call('cancel', { order: 7 }), 'I cannot.');
    await host.exchange();
    expect(host.toolSteps).toEqual(['cancel refused']);
    expect(host.app.select(OrdersModule).get(Orders)['ledger'].cancelled).toEqual([]);
  });
});

const SIMPLE = { description: 'Does it.', input: z.object({}) };

class Plain implements VoiceAgent {
  reply = () => '';
}

async function booted(metadata: ModuleMetadata, agent: Type<VoiceAgent> = Plain) {
  Logger.overrideLogger(false);
  @Module(metadata)
  class Host {}
  const providers = [...provideTwilioVoiceTesting(), ...openAiAgentOptions({ apiKey: 'k' })];
  const module = await Test.createTestingModule({
    imports: [TwilioVoiceModule.forRoot({ agent, providers }), Host],
  }).compile();
  try {
    return await module.init();
  } catch (error) {
    await module.close();
    throw error;
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  @VoiceTool(SIMPLE)
  act(): string {
    return 'done';
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class PerInjection {
  @VoiceTool(SIMPLE)
  act(): string {
    return 'done';
  }
}

@VoiceTool()
@Injectable({ scope: Scope.REQUEST })
class ToolPerRequest extends Weather {}

class Misnamed {
  @VoiceTool({ ...SIMPLE, name: 'do it' })
  act(): string {
    return 'done';
  }
}

class NoObject {
  @VoiceTool({ description: 'x', input: z.string() })
  act(): string {
    return 'done';
  }
}

class NoTool {
  readonly name = undefined;
}
VoiceTool()(NoTool as never);

class One {
  @VoiceTool(SIMPLE)
  act(): string {
    return 'done';
  }
}
class Other {
  @VoiceTool(SIMPLE)
  act(): string {
    return 'done';
  }
}

@Module({ providers: [One] })
class OneModule {}

describe('a @VoiceTool', () => {
  it.each<[string, ModuleMetadata, RegExp]>([
    [
      'a method per request',
      { providers: [PerRequest] },
      /@VoiceTool PerRequest\.act: its class is made per req/,
    ],
    [
      'a method per injection',
      { providers: [PerInjection] },
      /@VoiceTool PerInjection\.act: its class is made/,
    ],
    ['a class per request', { providers: [ToolPerRequest] }, /@VoiceTool ToolPerRequest: its class is made/],
    ['a wrong name', { providers: [Misnamed] }, /@VoiceTool Misnamed\.act: Tool do it: name must be/],
    [
      'an input that is no object',
      { providers: [NoObject] },
      /@VoiceTool NoObject\.act: Tool act: input must/,
    ],
    ['a class that is no tool', { providers: [NoTool] }, /@VoiceTool NoTool: Tool undefined: name must be/],
    ['a name twice', { providers: [One, Other] }, /Two tools are named act: One\.act and Other\.act\./],
    [
      'a class of two modules',
      { imports: [OneModule], providers: [One] },
      /Two One\.act have the name act: prov/,
    ],
  ])('stops the boot with its name: %s', async (_, metadata, message) => {
    await expect(booted(metadata, OpenAiAgent)).rejects.toThrow(message);
  });

  it('is there for agents of any kind', async () => {
    @Controller()
    class Desk {
      constructor(@Inject(One) readonly one: One) {}
      @VoiceTool({ ...SIMPLE, agents: [Plain] })
      ofDesk(): string {
        return 'of the desk';
      }
      @VoiceTool({ ...SIMPLE, agents: [OpenAiAgent] })
      ofOthers(): string {
        return 'done';
      }
    }
    const module = await booted({ controllers: [Desk], providers: [One, Weather, alias] });
    const registry = module.get(VoiceToolRegistry, { strict: false });
    const tools = registry.of(module.get(Plain, { strict: false }));
    expect(tools.map(({ name }) => name)).toEqual(['act', 'weather', 'ofDesk']);
    expect(await tools[2]?.run({}, {} as ToolContext)).toBe('of the desk');
    await module.close();
  });
  const alias = { provide: 'WEATHER', useExisting: Weather };

  it('that was given to the agent too is offered once, and to no other agent than it is for', async () => {
    @VoiceTool({ agents: [OpenAiAgent] })
    class ForOthers extends Weather {}
    const module = await booted({ providers: [Weather, ForOthers] });
    const registry = module.get(VoiceToolRegistry, { strict: false });
    const [weather, others] = [
      module.get(Weather, { strict: false }),
      module.get(ForOthers, { strict: false }),
    ];
    expect(registry.of(module.get(Plain, { strict: false }), [others, weather])).toEqual([weather]);
    await module.close();
  });

  it('that is a literal, and has the name of another one, is told of as that', async () => {
    const module = await booted({});
    const registry = module.get(VoiceToolRegistry, { strict: false });
    const tool = { name: 'act', description: 'Acts.', input: z.object({}), run: () => 'done' };
    expect(() => registry.of(module.get(Plain, { strict: false }), [tool, { ...tool }])).toThrow(
      'Two tools are named act: Object and Object. Give one another name.',
    );
    await module.close();
  });

  it('is found on a class that extends its own, and not where a method replaces it', async () => {
    class More extends One {
      @VoiceTool(SIMPLE)
      more(): string {
        return 'done';
      }
    }
    class Less extends Other {
      override act(): string {
        return 'done';
      }
    }
    const module = await booted({ providers: [More, Less] });
    const tools = module.get(VoiceToolRegistry, { strict: false }).of(module.get(Plain, { strict: false }));
    expect(tools.map(({ name }) => name).sort()).toEqual(['act', 'more']);
    await module.close();
  });

  it('calls the mock that a test has put in the place of its provider', async () => {
    @Module({ providers: [One] })
    class Host {}
    const module = await Test.createTestingModule({
      imports: [TwilioVoiceModule.forRoot({ agent: Plain, providers: provideTwilioVoiceTesting() }), Host],
    })
      .overrideProvider(One)
      .useValue({ act: () => 'mocked' })
      .compile();
    await module.init();
    const [tool] = module.get(VoiceToolRegistry, { strict: false }).of(module.get(Plain, { strict: false }));
    expect(await tool?.run({}, {} as ToolContext)).toBe('mocked');
    await module.close();
  });

  it('takes methods only that take what the schema makes, and classes that are tools', () => {
    class Typed {
      // @ts-expect-error -- the schema makes numbers
      @VoiceTool({ description: 'x', input: z.object({ order: z.number() }) })
      text({ order }: { order: string }): string {
        return order;
      }

      @VoiceTool({ description: 'x', input: z.object({ order: z.number() }) })
      ofNumber({ order }: { order: number }, { transcript }: ToolContext): string {
        return `${order} ${transcript}`;
      }

      @VoiceTool({
        description: 'x',
        input: z.object({ order: z.number() }),
        // @ts-expect-error -- it makes no pieces
        confirm: ({ pieces }) => String(pieces),
      })
      asked(): string {
        return 'done';
      }
    }
    // @ts-expect-error -- it has no run
    @VoiceTool()
    class Nothing {}
    expect([Typed, Nothing]).toHaveLength(2);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'a static method',
      () => {
        VoiceTool(SIMPLE)(One, 'make', {});
      },
      /One\.make: must be a class, or a method of/,
    ],
    [
      'a method whose name is a symbol',
      () => {
        VoiceTool(SIMPLE)(One.prototype, Symbol('s'), {});
      },
      /One\.Symbol\(s\): must be a class, or/,
    ],
    [
      'an agent that is not loaded yet',
      () => {
        VoiceTool({ agents: [undefined as never] })(Weather);
      },
      /@VoiceTool Weather: agents must be classes .*undefined is one whose file imports this one/,
    ],
    [
      'a method without an input',
      () => {
        (VoiceTool() as unknown as MethodDecorator)(One.prototype, 'act', {});
      },
      /One\.act: a method needs at least a description and an input/,
    ],
  ])('refuses %s', (_, decorate, message) => {
    expect(decorate).toThrow(message);
  });
});

describe('options of an OpenAiAgent that is extended', () => {
  it('stop the boot with the class they are of', async () => {
    class Wrong extends OpenAiAgent {
      protected override readonly agentOptions = { maxTokens: 0, limits: { stallMs: 1 } };
    }
    await expect(booted({}, Wrong)).rejects.toThrow(/^OpenAI agent of Wrong: maxTokens: /);
  });
});
