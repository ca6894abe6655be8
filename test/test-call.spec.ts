import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, ForbiddenException, Module, Post, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MediaStreamAdapter, TwilioVoiceModule, VOICE, type VoiceCall } from '../src/index.js';
import { ScriptedVoice } from '../src/testing/index.js';
import { SystemClock } from '../src/call/system-clock.js';
import { readArguments } from '../src/test-call/arguments.js';
import { placeTestCall } from '../src/test-call/test-call.js';
import { build } from './support/build.js';
import { freePort } from './support/free-port.js';

const STORY =
  'Once upon a time there was a telephone that nobody answered, and so it rang, and rang, and rang.';
const PUBLIC_URL = 'https://voice.example.com';
const TOKEN = '0123456789abcdef';

class Teller {
  static readonly keys: string[] = [];
  reply() {
    return STORY;
  }
  onDigit(digit: string, call: VoiceCall) {
    Teller.keys.push(`${digit} from ${call.parameters.from ?? ''}`);
  }
}

@Controller('refusing')
class Refusing {
  @Post()
  refuse() {
    throw new ForbiddenException();
  }
}

let app: INestApplication | undefined;
afterEach(() => app?.close());

/** @returns where the host is */
async function start(agent: new () => Teller | Silent = Teller): Promise<string> {
  const port = await freePort();
  const voice = TwilioVoiceModule.forRoot({
    agent,
    publicUrl: PUBLIC_URL,
    authToken: TOKEN,
    drain: { graceMs: 0 },
    providers: [{ provide: VOICE, useValue: new ScriptedVoice(new SystemClock()) }],
  });
  @Module({ imports: [voice], controllers: [Refusing] })
  class AppModule {}
  app = await NestFactory.create(AppModule, { logger: false });
  app.setGlobalPrefix('api');
  MediaStreamAdapter.install(app);
  await app.listen(port);
  return `http://127.0.0.1:${port}`;
}

class Silent {
  reply() {
    return 'No.';
  }
}

const variables = { PUBLIC_URL, TWILIO_AUTH_TOKEN: TOKEN };

describe('a test call', () => {
  it('interrupts the agent of a running host, as Twilio reaches it, and tells how long it took', async () => {
    const host = await start();
    const lines: string[] = [];
    const wanted = readArguments([`${host}/api/voice/incoming`, '--keys', '1#', '--from', '+4930123456']);
    const result = await placeTestCall(wanted, variables, (line) => lines.push(line));
    expect(result.problems).toEqual([]);
    expect(result.answeredAfterMs).toBeGreaterThan(600);
    expect(result.stoppedAfterMs).toBeLessThan(1_000);
    expect(Teller.keys).toEqual(['1 from +4930123456', '# from +4930123456']);
    expect(lines.join('\n')).toMatch(
      /^Calling http.*\n.*connected\n.*the agent greets\n[^]*silent at the caller's ear, \d+ ms/,
    );
  }, 90_000);

  it('says what was wrong: the answer of the webhook, a host that is not there, an answer that is too short', async () => {
    const host = await start(Silent);
    const problemsOf = async (url: string) =>
      (await placeTestCall(readArguments([url]), variables, () => undefined)).problems.join();
    expect(await problemsOf(`${host}/voice/incoming`)).toMatch(/404: .*add the global prefix/);
    expect(await problemsOf(`${host}/api/refusing`)).toMatch(/403: .*PUBLIC_URL and TWILIO_AUTH_TOKEN/);
    expect(await problemsOf(`http://127.0.0.1:${await freePort()}/voice/incoming`)).toMatch(
      /refused|fetch failed/i,
    );
    expect(await problemsOf(`${host}/api/voice/incoming`)).toMatch(/too short/);
  }, 90_000);

  it.each([
    [['one', 'two'], 'There is one URL'],
    [['voice/incoming'], 'is no URL'],
    [['--keys', 'x'], '--keys takes'],
    [['--loud'], "Unknown option '--loud'"],
  ])('refuses %j', (words, message) => {
    expect(() => readArguments(words)).toThrow(message);
  });
});

describe('the command', () => {
  it('calls, records, and fails when the agent did not answer', async () => {
    const host = await start(Silent);
    const program = join(await build('test-call'), 'command.js');
    const folder = await mkdtemp(join(tmpdir(), 'test-call-'));
    const wav = join(folder, 'call.wav');
    try {
      const words = [program, 'call', `${host}/api/voice/incoming`, '--wav', wav];
      const failed = await promisify(execFile)('node', words, {
        env: { ...process.env, ...variables },
      }).catch((error: unknown) => error as { code: number; stdout: string });
      expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining('too short') });
      expect((await readFile(wav)).toString('latin1', 0, 4)).toBe('RIFF');
      const { stdout } = await promisify(execFile)('node', [program, '--help']);
      expect(stdout).toContain('nestjs-twilio-voice doctor');
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 120_000);
});
