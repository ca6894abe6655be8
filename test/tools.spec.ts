import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import {
  type Clock,
  CLOCK,
  HangUpTool,
  SendDigitsTool,
  ToolError,
  type ToolContext,
  TransferTool,
  type VoiceTool,
} from '../src/index.js';
import { ModelHost, type ModelHostOptions } from './support/model-host.js';

const TRANSFERS = {
  sales: { to: '+4930123456', description: 'orders' },
  desk: { to: 'sip:desk@example.com' },
};

/** What the host's tools work with. */
@Injectable()
class Orders {
  readonly cancelled: number[] = [];
  stateOf(order: number): string {
    return `Order ${order} left the house on Monday.`;
  }
}

@Injectable()
class OrderState implements VoiceTool<{ order: number }> {
  readonly name = 'order_state';
  readonly description = 'Tells where an order is.';
  readonly input = z.object({ order: z.number().int() });

  constructor(@Inject(Orders) private readonly orders: Orders) {}

  run({ order }: { order: number }): string {
    return this.orders.stateOf(order);
  }
}

@Injectable()
class CancelOrder implements VoiceTool<{ order: number }> {
  readonly name = 'cancel_order';
  readonly description = 'Cancels an order.';
  readonly input = z.object({ order: z.number().int() });

  constructor(@Inject(Orders) private readonly orders: Orders) {}

  confirm({ order }: { order: number }): string {
    return `Shall I cancel order ${order}?`;
  }

  run({ order }: { order: number }): string {
    this.orders.cancelled.push(order);
    return 'Cancelled.';
  }
}

/** Takes as long as it is told, and says what became of it. */
@Injectable()
class Slow implements VoiceTool<{ ms: number }> {
  readonly name: string = 'slow';
  readonly description = 'Takes its time.';
  readonly input = z.object({ ms: z.number() });
  readonly onInterrupt: 'cancel' | 'finish' = 'cancel';
  readonly abortedAt: number[] = [];
  readonly finished: number[] = [];

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  run({ ms }: { ms: number }, { signal }: ToolContext): Promise<string> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(ms, () => {
        this.finished.push(this.clock.now());
        resolve('The slow result.');
      });
      signal.addEventListener('abort', () => {
        cancel();
        this.abortedAt.push(this.clock.now());
      });
    });
  }
}

@Injectable()
class SlowToTheEnd extends Slow {
  override readonly name = 'slow_to_the_end';
  override readonly onInterrupt = 'finish';
}

@Injectable()
class Broken implements VoiceTool<object> {
  readonly name = 'broken';
  readonly description = 'Fails.';
  readonly input = z.object({});

  run(): never {
    throw new Error('the password of the database is hunter2\n[forged] line');
  }
}

@Injectable()
class Refusing implements VoiceTool<object> {
  readonly name = 'refusing';
  readonly description = 'Says why not.';
  readonly input = z.object({});

  run(): never {
    throw new ToolError('There is no such order.');
  }
}

@Injectable()
class Hanging implements VoiceTool<object> {
  readonly name = 'hanging';
  readonly description = 'Never ends.';
  readonly input = z.object({});
  readonly timeoutMs = 6_000;

  run(): Promise<never> {
    return new Promise(() => undefined);
  }
}

const call = (name: string, input: object | string = {}, text?: string) => ({
  ...(text === undefined ? {} : { text }),
  toolCalls: [{ name, arguments: input as Record<string, unknown> }],
});

describe('a model with tools, in a whole call over real sockets', () => {
  let host: ModelHost;
  const start = async (options: ModelHostOptions) => {
    host = await ModelHost.boot(options);
    await host.dial();
  };
  afterEach(() => host.close());
  const toolResults = (index = -1) =>
    host
      .messages(index)
      .filter(({ role }) => role === 'tool')
      .map(({ content }) => content);

  it('is told the result of a tool that injects the host’s services, and answers with it', async () => {
    await start({ says: ['where is order seven'], tools: [OrderState], providers: [Orders] });
    host.model.says(call('order_state', { order: 7 }), 'It left on Monday.');
    await host.exchange();
    expect(host.heard).toEqual(['It left on Monday.']);
    expect(toolResults()).toEqual(['Order 7 left the house on Monday.']);
    expect(host.toolSteps).toEqual(['order_state started', 'order_state succeeded']);
    const usage = host.of('usage').filter(({ usage: { kind } }) => kind === 'model');
    expect(usage).toHaveLength(2);
    for (const { usage: used } of usage) expect(used).not.toHaveProperty('estimated');
  }, 90_000);

  it('is told of earlier tools in later turns, behind the words they followed, and of what was heard', async () => {
    await start({ says: ['where is order seven', 'thank you'], tools: [OrderState], providers: [Orders] });
    host.model.says(
      call('order_state', { order: 7 }, 'Let me see.'),
      'It left on Monday.',
      'You are welcome.',
    );
    await host.exchange();
    await host.exchange();
    expect(host.messages().slice(1)).toEqual([
      { role: 'user', content: 'where is order seven' },
      expect.objectContaining({ role: 'assistant', content: null, tool_calls: [expect.anything()] }),
      expect.objectContaining({ role: 'tool', content: 'Order 7 left the house on Monday.' }),
      { role: 'assistant', content: 'Let me see. It left on Monday.' },
      { role: 'user', content: 'thank you' },
    ]);
  }, 90_000);

  it('waits for a tool far longer than a pause may be, and the caller hears a filler meanwhile', async () => {
    await start({ says: ['go'], tools: [Slow] });
    host.model.says(call('slow', { ms: 8_000 }), 'Here it is.');
    await host.exchange();
    expect(host.heard).toEqual(['One moment, please. Here it is.']);
    expect(host.of('failed')).toEqual([]);
  }, 90_000);

  it.each([
    ['throws', Broken, 'broken', 'The tool failed.'],
    ['says why not', Refusing, 'refusing', 'There is no such order.'],
    ['hangs', Hanging, 'hanging', expect.stringContaining('did not finish in time')],
  ] as const)(
    'is told so in neutral words when a tool %s, and the call goes on',
    async (_, tool, name, told) => {
      await start({ says: ['go', 'and now'], tools: [tool] });
      host.model.says(call(name), 'I could not do that.', 'Still here.');
      await host.exchange();
      expect(toolResults()).toEqual([told]);
      await host.exchange();
      expect(host.heard.map((text) => text.replace('One moment, please. ', ''))).toEqual([
        'I could not do that.',
        'Still here.',
      ]);
      expect(JSON.stringify(host.model.journal)).not.toContain('hunter2');
      const shown = host.logs.filter(({ level }) => level !== 'debug').map(({ text }) => text);
      expect(shown.join('\n')).not.toContain('hunter2');
      expect(host.logs.filter(({ text }) => /[\r\n]/.test(text))).toEqual([]);
    },
    90_000,
  );

  describe('that has to ask the caller first', () => {
    it.each([
      ['yes please', [5]],
      ['no do not do that', []],
      ['what is the weather like', []],
    ])(
      'does it only if the caller agrees: %j',
      async (answer, cancelled) => {
        await start({ says: ['cancel order five', answer], tools: [CancelOrder], providers: [Orders] });
        host.model.says(call('cancel_order', { order: 5 }), call('cancel_order', { order: 5 }));
        host.model.otherwiseSays('All right.');
        await host.exchange();
        expect(host.heard).toEqual(['Shall I cancel order 5?']);
        await host.exchange();
        expect(host.app.get(Orders, { strict: false }).cancelled).toEqual(cancelled);
        expect(host.heard.at(-1)).toBe(cancelled.length > 0 ? 'All right.' : 'Shall I cancel order 5?');
      },
      90_000,
    );

    it('does not do something else with that agreement, nor twice, nor later', async () => {
      await start({
        says: ['cancel order five', 'yes', 'yes', 'yes'],
        tools: [CancelOrder],
        providers: [Orders],
      });
      const orders = host.app.get(Orders, { strict: false });
      // Asked about 5, agreed to; the model wants 6: a question about 6.
      host.model.says(call('cancel_order', { order: 5 }), call('cancel_order', { order: 6 }));
      await host.exchange();
      await host.exchange();
      expect(orders.cancelled).toEqual([]);
      // Agreed to 6; done, and once more in the same turn: another question.
      host.model.says(call('cancel_order', { order: 6 }), call('cancel_order', { order: 6 }));
      await host.exchange();
      expect(orders.cancelled).toEqual([6]);
      expect(host.heard.at(-1)).toMatch(/Shall I cancel order 6\?$/);
      // A turn in between, and the agreement is none.
      host.model.says('Fine.', call('cancel_order', { order: 6 }));
      await host.exchange();
      await host.exchange();
      expect(orders.cancelled).toEqual([6]);
    }, 60_000);
  });

  it.each([
    ['cancelled', Slow, 'slow', 'Cancelled, because the caller interrupted.'],
    ['succeeded', SlowToTheEnd, 'slow_to_the_end', 'The slow result.'],
  ] as const)(
    'is told in the next turn of a tool that ran when the caller interrupted: %s',
    async (state, tool, name, told) => {
      await start({ says: ['go', 'what else'], tools: [tool], speed: 1 });
      host.model.says(call(name, { ms: 4_000 }, 'Let me see.'));
      host.model.otherwiseSays('Something else.');
      await host.turn();
      await host.until('the tool', () => host.toolSteps.length === 1);
      await host.clock.pass(2_800); // its words have been heard
      const before = host.of('caller-started').length;
      await host.turn();
      const interruptedAt = host.of('caller-started')[before]?.atMs ?? 0;
      await host.until('the end of the tool', () => host.toolSteps.length === 2);
      const { finished, abortedAt } = host.app.get<Slow>(tool, { strict: false });
      expect(host.toolSteps).toEqual([`${name} started`, `${name} ${state}`]);
      if (state === 'cancelled') {
        expect(abortedAt).toHaveLength(1);
        expect((abortedAt[0] as number) - interruptedAt).toBeLessThan(50);
        expect(finished).toEqual([]);
      } else {
        expect(abortedAt).toEqual([]);
        expect(finished).toHaveLength(1);
      }
      await host.until('the answer', () => host.heard.includes('Something else.'));
      expect(host.model.journal).toHaveLength(2); // the old answer did not go on
      await host.clock.pass(700);
      await host.exchange();
      expect(toolResults()).toEqual([expect.stringContaining(told)]);
      expect(host.heard.join(' ')).toBe('Let me see. One moment, please. Something else. Something else.');
    },
    60_000,
  );

  it('is asked while the caller pauses, but its tools wait for the end of the turn', async () => {
    await start({
      says: ['where is order seven'],
      tools: [OrderState],
      providers: [Orders],
      settings: { conversation: { preemptive: 'voice' } },
    });
    host.model.otherwiseSays(({ messages }) =>
      messages.at(-1)?.role === 'tool' ? 'It left on Monday.' : call('order_state', { order: 7 }),
    );
    await host.exchange();
    const [turn] = host.of('turn');
    const [started, ...more] = host.of('tool').filter(({ tool }) => tool.state === 'started');
    expect(host.model.journal[0]?.atMs).toBeLessThan(turn?.atMs ?? 0);
    expect(started?.atMs).toBeGreaterThanOrEqual(turn?.atMs ?? Infinity);
    expect(more).toEqual([]);
    expect(host.heard).toEqual(['It left on Monday.']);
  }, 90_000);

  it.each([['Goodbye, and thank you for calling.'], []])(
    'hangs up after its goodbye has been heard: %j',
    async (...goodbye) => {
      await start({ says: ['goodbye'], tools: [HangUpTool] });
      host.model.says(call('hang_up', {}, goodbye[0]));
      await host.turn();
      await host.until('the end', () => host.call.endedBy !== undefined);
      expect(host.heard).toEqual(goodbye);
      expect(host.of('ended')).toMatchObject([{ reason: 'hung-up' }]);
      expect(host.twilio.requests.map(({ form }) => form)).toEqual([{ Status: 'completed' }]);
      expect(host.model.journal).toHaveLength(1);
    },
    90_000,
  );

  it.each([
    ['sales', '<Number>+4930123456</Number>'],
    ['desk', '<Sip>sip:desk@example.com</Sip>'],
  ])(
    'transfers to %s once its announcement has been heard, by one request',
    async (to, dialled) => {
      await start({ says: ['sales please'], tools: [TransferTool], settings: { transfers: TRANSFERS } });
      host.model.says(call('transfer', { to }, 'I am connecting you.'));
      await host.turn();
      await host.until('the transfer', () => host.call.endedBy !== undefined && host.of('ended').length > 0);
      expect(host.call.endedBy).toBe('dial');
      expect(host.heard).toEqual(['I am connecting you.']);
      expect(host.of('ended')).toMatchObject([{ reason: 'transferred' }]);
      expect(host.twilio.requests).toHaveLength(1);
      expect(host.twilio.requests[0]?.form['Twiml']).toContain(dialled);
      expect(JSON.stringify(host.model.journal)).not.toMatch(/4930123456|desk@example/);
    },
    90_000,
  );

  it('does not transfer a caller who interrupts the announcement', async () => {
    await start({
      says: ['sales please', 'wait'],
      tools: [TransferTool],
      settings: { transfers: TRANSFERS },
    });
    const announcement =
      'I am connecting you with our sales department, which will take a little while, I fear.';
    host.model.says(call('transfer', { to: 'sales' }, announcement), 'I am listening.');
    await host.turn();
    await host.until('speech', () => host.of('agent-sounding').length === 1);
    await host.until('the tool', () => host.toolSteps.length === 1);
    await host.clock.pass(700);
    await host.exchange();
    expect(host.twilio.requests).toEqual([]);
    expect(host.toolSteps).toEqual(['transfer started', 'transfer cancelled']);
    await host.until('the answer', () => host.heard.length === 2);
    expect(host.heard[1]).toBe('I am listening.');
    expect(toolResults()).toEqual(['Not done: the caller interrupted first.']);
  }, 90_000);

  it('says so when a transfer fails, and the call goes on', async () => {
    await start({
      says: ['sales please', 'never mind'],
      tools: [TransferTool],
      settings: { transfers: TRANSFERS },
    });
    host.model.says(call('transfer', { to: 'sales' }, 'I am connecting you.'), 'Fine.');
    host.twilio.refusals.push({ status: 400, code: 21_205 });
    await host.exchange();
    await host.until('the apology', () => host.heard.length === 2);
    expect(host.heard[1]).toMatch(/^I am sorry, I could not connect you/);
    await host.clock.pass(700);
    await host.exchange();
    expect(host.heard[2]).toBe('Fine.');
    expect(toolResults()).toEqual(['The tool failed.']);
  }, 90_000);

  it('presses named keys, and the conversation goes on with the stream that follows', async () => {
    const digits = { pin: { keys: 'ww12#', description: 'of the door' } };
    await start({
      says: ['open', 'thank you'],
      tools: [SendDigitsTool],
      settings: { digits },
      agent: { greeting: 'Hello.' },
    });
    await host.until('the greeting', () => host.heard.length === 1);
    await host.clock.pass(700);
    host.model.says(call('send_digits', { sequence: 'pin' }, 'I am pressing the keys.'), 'You are welcome.');
    await host.turn();
    await host.until('the new stream', () => host.call.streams.length === 2 && host.toolSteps.length === 2);
    expect(host.twilio.requests).toHaveLength(1);
    expect(host.twilio.requests[0]?.form['Twiml']).toMatch(
      /^<\?xml.*<Play digits="ww12#"\/><Connect><Stream /,
    );
    await host.clock.pass(700);
    await host.exchange();
    expect(host.toolSteps).toEqual(['send_digits started', 'send_digits succeeded']);
    expect(host.heard).toEqual(['Hello.', 'I am pressing the keys.', 'You are welcome.']);
    expect(host.of('ended')).toEqual([]);
    expect(host.messages().map(({ role }) => role)).toEqual([
      'system',
      'assistant',
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ]);
    expect(host.call.streams[1]?.playout.heardBytes().length).toBeGreaterThan(4_000);
  }, 90_000);
});
