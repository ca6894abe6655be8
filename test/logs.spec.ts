import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ConsoleLogger, Injectable, Logger, type LoggerService } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Logger as PinoLogger, LoggerModule, PinoLogger as PinoContext } from 'nestjs-pino';
import {
  CALL_RECORDS,
  CALL_SCOPE,
  type CallScope,
  type CallWork,
  OnCallEvent,
  TwilioVoiceModule,
  VoiceAgent,
} from '../src/index.js';
import { aboutCall, amidCall, CallLine, CallLog } from '../src/call/call-log.js';
import { type CallUnderTest, simulateCall } from '../src/testing/index.js';

const SIDS = { callSid: `CA${'1'.repeat(32)}`, streamSid: `MZ${'2'.repeat(32)}` };

/** Whatever may fail in it does. */
@Injectable()
class Faulty implements VoiceAgent {
  onCallStart = () => 'Good morning.';

  constructor(private readonly logger: PinoContext) {}

  async *reply() {
    await Promise.resolve();
    this.logger.info('of the host');
    yield 'One moment.';
    this.logger.info('of the host, later');
    throw new RangeError('what the caller said');
  }

  onDigit(): void {
    throw new TypeError('1');
  }
}

@VoiceAgent({
  when: () => {
    throw new URIError('what the caller said');
  },
})
class Undecided {
  reply = () => '';
}

@Injectable()
class Listener {
  @OnCallEvent('turn')
  onTurn(): void {
    throw new SyntaxError('what the caller said');
  }
}

/** One for all tests: nestjs-pino has one logger in a process. */
const lines: Record<string, unknown>[] = [];
const pino = LoggerModule.forRoot({
  pinoHttp: [
    { level: 'debug' },
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  ],
});

@Injectable()
class LogScope implements CallScope {
  constructor(private readonly logger: PinoContext) {}

  run({ call }: CallWork, task: () => void) {
    this.logger.runInContext(task, { bindings: { callSid: call.callSid } });
  }
}

let simulated: CallUnderTest | undefined;
afterEach(async () => {
  await simulated?.close();
  simulated = undefined;
  lines.length = 0;
  jest.restoreAllMocks();
});

/** A call in a host with nestjs-pino, in which a handler, the agent, its keys and the store fail. */
async function linesOfCall() {
  const builder = Test.createTestingModule({
    imports: [
      pino,
      TwilioVoiceModule.forRoot({
        agent: Faulty,
        agents: [Undecided],
        authToken: '0123456789abcdef',
        publicUrl: 'https://voice.example.com',
        conversation: { disclosure: '' },
        limits: { silenceMs: 5_000 },
        providers: [
          Listener,
          { provide: CALL_SCOPE, useClass: LogScope },
          { provide: CALL_RECORDS, useValue: { store: () => Promise.reject(new EvalError('no')) } },
        ],
      }),
    ],
  });
  simulated = await simulateCall({
    overrideProvider: (token) => builder.overrideProvider(token),
    compile: async () => {
      const module = await builder.compile();
      module.useLogger(module.get(PinoLogger));
      return module;
    },
  });
  const { clock, call, voiceCall } = simulated;
  await clock.advance(2_000);
  call.dtmf('1', 0);
  call.speak(800);
  await clock.advance(30_000);
  await simulated.close();
  const told = lines.filter(({ context }) => context === 'TwilioVoice');
  const hosts = lines.filter(({ msg }) => String(msg).startsWith('of the host'));
  return { told, hosts, voiceCall };
}

describe('with nestjs-pino', () => {
  it('each line about a call has its sids as fields, and a message without them; the host’s own in a scope', async () => {
    const { told, hosts, voiceCall } = await linesOfCall();
    const { callSid, streamSid } = voiceCall;
    expect(told.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining([
        'when of Undecided failed: URIError',
        'the agent threw: TypeError',
        'Listener.onTurn threw at turn: SyntaxError',
        'speech failed: RangeError',
        'limits.silenceMs is reached, the call is closed',
        'the record may be lost: EvalError',
      ]),
    );
    for (const line of told) expect(line).toMatchObject({ callSid, streamSid });
    expect(told.map(({ msg }) => msg).join()).not.toMatch(/(CA|MZ)[0-9a-f]{32}/);
    expect(hosts.map(({ msg, callSid: of }) => [msg, of])).toEqual([
      ['of the host', callSid],
      ['of the host, later', callSid],
    ]);
    expect(new Set(told.map(({ level }) => level))).toEqual(new Set([20, 40, 50]));
    expect(JSON.stringify(told.filter(({ level }) => level !== 20))).not.toContain('what the caller said');
  });

  it('a line that is a text has none: this test can fail', async () => {
    const module = await Test.createTestingModule({ imports: [pino] }).compile();
    module.useLogger(module.get(PinoLogger));
    new Logger('TwilioVoice').error(`Call ${SIDS.callSid}: speech failed: Error`);
    new CallLog().error(aboutCall(SIDS), 'speech failed: Error');
    await module.close();
    const told = lines.filter(({ context }) => context === 'TwilioVoice');
    expect(told.map(({ callSid, streamSid, msg }) => ({ callSid, streamSid, msg }))).toEqual([
      { callSid: undefined, streamSid: undefined, msg: `Call ${SIDS.callSid}: speech failed: Error` },
      { ...SIDS, msg: 'speech failed: Error' },
    ]);
  });
});

/** What a logger of Nest's writes, without process id, time and the colours of these. */
function written(
  logger: LoggerService,
  log: (log: Pick<Logger, 'error' | 'warn' | 'log' | 'debug'>) => void,
) {
  const lines: string[] = [];
  const write = (text: unknown) => lines.push(String(text).replace(/^.*?(?=\S*\[TwilioVoice\])/, '')) > 0;
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation(write);
  Logger.overrideLogger(logger);
  log(new Logger('TwilioVoice'));
  jest.restoreAllMocks();
  return lines;
}

describe('with the logger of Nest', () => {
  const LEVELS = ['error', 'warn', 'log', 'debug'] as const;

  it.each([true, false])('each line is the text that it always was; coloured: %s', (colors) => {
    const logger = new ConsoleLogger({ colors });
    const texts = written(logger, (log) => {
      for (const level of LEVELS) log[level](`Call ${SIDS.callSid}: speech failed: Error`);
      log.error('Listener.onTurn threw at turn: Error');
    });
    const lines = written(logger, () => {
      for (const level of LEVELS) new CallLog()[level](aboutCall(SIDS), 'speech failed: Error');
      new CallLog().error(amidCall(SIDS), 'Listener.onTurn threw at turn: Error');
    });
    expect(texts[0]).toContain('[TwilioVoice]');
    expect(lines).toEqual(texts);
  });

  it('that writes JSON, its message has the fields', () => {
    const [line = ''] = written(new ConsoleLogger({ json: true }), () => {
      new CallLog().error(aboutCall(SIDS), 'speech failed: Error');
    });
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      context: 'TwilioVoice',
      message: { msg: 'speech failed: Error', ...SIDS },
    });
  });
});

describe('a line', () => {
  it('is its text to whatever makes one of it, and has a message for whatever looks for that', () => {
    const line = new CallLine('warn', aboutCall(SIDS), 'is late');
    expect(String(line)).toBe(`Call ${SIDS.callSid}: is late`);
    expect(line.message).toBe('is late');
    expect(Object.assign({}, line)).toEqual({ msg: 'is late', ...SIDS });
  });

  it('has no field that is not known', () => {
    const line = new CallLine('warn', { callSid: undefined, name: 'A call' }, 'is late');
    expect([String(line), Object.assign({}, line)]).toEqual(['A call: is late', { msg: 'is late' }]);
  });
});
