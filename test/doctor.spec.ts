import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { ForbiddenException, HttpException, UnauthorizedException } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Finding } from '../src/doctor/check.js';
import { CALL_ADMISSION, SystemClock } from '../src/index.js';
import { build } from './support/build.js';
import { freePort } from './support/free-port.js';
import { hasRedis, RedisServer } from './support/redis-server.js';
import { selfSigned } from './support/certificate.js';
import {
  ACCOUNT_SID,
  AUTH_TOKEN,
  Deployment,
  type DoctorRun,
  ELEVENLABS_KEY,
  HOST_NAME,
  NUMBER,
  OPENAI_KEY,
} from './support/deployment.js';

const guard = (refusal: () => Error) => ({
  provide: APP_GUARD,
  useValue: {
    canActivate: () => {
      throw refusal();
    },
  },
});

type Variables = Record<string, string | undefined>;
type Finder = Finding & { readonly name: string };

/** What is put wrong, and what the doctor says about it. */
interface Seed {
  readonly what: string;
  /** Changes variables; undefined takes one away. */
  readonly variables?: (d: Deployment) => Variables;
  /** Changes anything else. */
  readonly arrange?: (d: Deployment) => unknown;
  /** Arguments in place of those that every run has. */
  readonly words?: (d: Deployment) => string[];
  readonly check: string;
  readonly status?: 'failed' | 'warning';
  readonly problem: RegExp;
  readonly fix: RegExp;
  /** Checks that are then skipped, with the reason. */
  readonly skips?: Readonly<Record<string, string>>;
}

const clock = new SystemClock();
const OTHER_TOKEN = 'fedcba9876543210fedcba9876543210';

describe('doctor', () => {
  let program: string;
  let d: Deployment;

  beforeAll(async () => {
    program = join(await build('doctor'), 'doctor/main.js');
    d = await Deployment.start();
  }, 120_000);

  afterEach(() => {
    d.heal();
  });

  afterAll(async () => {
    await d.close();
  });

  const words = () => ['doctor', '--resolve', '127.0.0.1', '--twilio-api', d.twilio.url];

  function run(changes: Variables = {}, args: readonly string[] = words()): Promise<DoctorRun> {
    const all = Object.entries({ ...d.environment, ...changes });
    const variables = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
    return d.run(program, Object.fromEntries(variables), args);
  }

  const found = (output: string): Finder[] => (JSON.parse(output) as { checks: Finder[] }).checks;

  it('finds nothing in a healthy deployment, and the host does not notice more than one refused stream', async () => {
    d.logs.length = 0;
    const { code, output, errors } = await run();
    expect(errors).toBe('');
    const lines = output
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '');
    expect(lines.slice(0, -1).map((line) => line.slice(0, 2))).toEqual([
      ...Array<string>(13).fill('✓ '),
      '– ',
    ]);
    expect(lines.at(-1)).toBe('Nothing failed: 13 ok, 0 to look at, 0 failed, 1 skipped.');
    expect(code).toBe(0);
    expect(d.asked).toEqual([]);
    expect(d.logs).toEqual([
      expect.stringMatching(/A webhook was refused with 403/),
      expect.stringMatching(/refused, token other-call/),
      expect.stringMatching(/A media stream was refused with 403/),
    ]);
  });

  it('only reads at Twilio and at the vendors, and lets nothing be spoken or answered', async () => {
    const before = [d.elevenLabs.journal.of('request').length, d.openAi.journal.length];
    d.twilio.requests.length = 0;
    await run();
    const asked = [
      ...d.twilio.requests,
      ...d.elevenLabs.journal
        .of('request')
        .slice(before[0])
        .map(({ method, path }) => `${method} ${path}`),
      ...d.openAi.journal.slice(before[1]).map(({ method, path }) => `${method} ${path}`),
    ];
    expect(asked).toEqual([
      `GET /2010-04-01/Accounts/${ACCOUNT_SID}.json`,
      expect.stringMatching(/^GET \/2010-04-01\/Accounts\/\w+\/IncomingPhoneNumbers\.json\?/),
      'GET /v1/voices/anna',
      'GET /v1/models',
      'GET /v1/models/gpt-4o-mini',
    ]);
  });

  const url = () => `${d.publicUrl}/voice/incoming`;

  const SEEDS: Seed[] = [
    {
      what: 'a port that is none',
      variables: () => ({ PORT: 'http' }),
      check: 'configuration',
      problem: /^PORT is wrong/,
      fix: /^PORT must be a port number such as 3000\.$/,
    },
    {
      what: 'a public URL without TLS',
      variables: () => ({ PUBLIC_URL: `http://${HOST_NAME}` }),
      check: 'configuration',
      problem: /^PUBLIC_URL is wrong/,
      fix: /must start with https:\/\//,
      skips: { 'public-url': 'PUBLIC_URL is wrong', 'phone-number': 'PUBLIC_URL is wrong' },
    },
    {
      what: 'no auth token',
      variables: () => ({ TWILIO_AUTH_TOKEN: undefined }),
      check: 'configuration',
      problem: /^TWILIO_AUTH_TOKEN is wrong or missing/,
      fix: /Copy it from the Twilio console/,
      skips: { webhook: 'TWILIO_AUTH_TOKEN is wrong', 'twilio-account': 'TWILIO_AUTH_TOKEN is wrong' },
    },
    {
      what: 'an ElevenLabs key without a voice',
      variables: () => ({ ELEVENLABS_VOICE_ID: '' }),
      check: 'configuration',
      problem: /^ELEVENLABS_VOICE_ID is wrong or missing/,
      fix: /copy the id of a voice/,
      skips: { elevenlabs: 'ELEVENLABS_VOICE_ID is wrong' },
    },
    {
      what: 'a key that was pasted with a typographic dash',
      variables: () => ({ OPENAI_API_KEY: 'sk–key' }),
      check: 'configuration',
      problem: /^OPENAI_API_KEY is wrong/,
      fix: /characters that no key has/,
      skips: { openai: 'OPENAI_API_KEY is wrong' },
    },
    {
      what: 'the address of the webhook in place of that of the host',
      variables: () => ({ PUBLIC_URL: url() }),
      check: 'public-url',
      problem: /ends with \/voice\/incoming/,
      fix: /^set PUBLIC_URL to https:\/\/voice\.example\.com:\d+\.$/,
      skips: { reachable: 'public-url failed', webhook: 'reachable was skipped' },
    },
    {
      what: 'a name that does not exist',
      variables: () => ({ PUBLIC_URL: 'https://nowhere.invalid' }),
      words: () => ['doctor', '--twilio-api', d.twilio.url],
      check: 'reachable',
      problem: /nowhere\.invalid cannot be resolved \((?:ENOTFOUND|EAI_AGAIN)\)/,
      fix: /DNS record of nowhere\.invalid/,
      skips: { webhook: 'reachable failed', stream: 'webhook was skipped' },
    },
    {
      what: 'a tunnel that does not run',
      variables: () => ({ PUBLIC_URL: `https://${HOST_NAME}:9` }),
      check: 'reachable',
      problem: /nothing listens at voice\.example\.com:9 \(ECONNREFUSED\)/,
      fix: /start the host and the proxy or tunnel/,
    },
    {
      what: 'a port without TLS',
      variables: () => ({ PUBLIC_URL: `https://${HOST_NAME}:${d.hosts[0]?.port}` }),
      check: 'reachable',
      problem: /does not speak TLS/,
      fix: /let the proxy terminate TLS/,
    },
    {
      what: 'a certificate that has expired',
      arrange: async () => {
        const expired = selfSigned(HOST_NAME, clock.epoch(), -10);
        await d.trust(d.certificate, expired);
        d.proxy.show(expired);
      },
      check: 'reachable',
      problem: /has expired \(CERT_HAS_EXPIRED\)/,
      fix: /renew the certificate/,
    },
    {
      what: 'a certificate for another name',
      arrange: async () => {
        const other = selfSigned('www.example.com', clock.epoch());
        await d.trust(d.certificate, other);
        d.proxy.show(other);
      },
      check: 'reachable',
      problem: /for other names \(ERR_TLS_CERT_ALTNAME_INVALID\)/,
      fix: /install a certificate for voice\.example\.com/,
    },
    {
      what: 'a certificate that nobody trusts',
      arrange: () => {
        d.proxy.show(selfSigned(HOST_NAME, clock.epoch()));
      },
      check: 'reachable',
      problem: /not signed by an authority that is trusted/,
      fix: /public authority together with its intermediate certificates/,
    },
    {
      what: 'a redirect',
      arrange: () => {
        d.proxy.behaviour = { redirectTo: 'https://www.example.com/voice/incoming?token=x' };
      },
      check: 'reachable',
      problem: /301, a redirect to https:\/\/www\.example\.com\/voice\/incoming:/,
      fix: /set PUBLIC_URL to the address it leads to/,
    },
    {
      what: 'a host that is down behind its proxy',
      arrange: () => {
        d.proxy.target = 9;
      },
      check: 'reachable',
      problem: /502: the proxy does not reach the host/,
      fix: /start the host, and point the proxy or tunnel at its port \(PORT is 3000\)/,
    },
    {
      what: 'another base path',
      words: () => [...words(), '--base-path', 'phone'],
      check: 'reachable',
      problem: /\/phone\/incoming is answered 404/,
      fix: /pass the whole path on/,
    },
    {
      what: 'the base path in the public URL',
      variables: () => ({ PUBLIC_URL: `${d.publicUrl}/voice` }),
      check: 'reachable',
      problem: /\/voice\/voice\/incoming is answered 404/,
      fix: /^set PUBLIC_URL to https:\/\/voice\.example\.com:\d+: the host adds \/voice itself\.$/,
    },
    {
      what: 'a password in front of the host',
      arrange: () => {
        d.proxy.behaviour = { status: 401 };
      },
      check: 'reachable',
      problem: /answered 401/,
      fix: /take the password off \/voice/,
    },
    {
      what: 'another server at the address',
      arrange: () => {
        d.proxy.behaviour = { status: 200 };
      },
      check: 'reachable',
      problem: /200 without any signature: that is another server/,
      fix: /point the proxy or tunnel at the host/,
    },
    {
      what: 'a loopback address with a Twilio account',
      variables: () => ({ PUBLIC_URL: `http://127.0.0.1:${d.hosts[0]?.port}` }),
      check: 'public-address',
      problem: /Twilio cannot reach 127\.0\.0\.1/,
      fix: /set PUBLIC_URL to an https:\/\/ address/,
      skips: { 'phone-number': 'PUBLIC_URL is no https:// address' },
    },
    {
      what: 'a host with another auth token',
      arrange: async () => {
        d.proxy.target = (await d.boot({ authToken: OTHER_TOKEN })).port;
      },
      check: 'webhook',
      problem: /refused with 403 though it is signed/,
      fix: /give the host the same TWILIO_AUTH_TOKEN/,
      skips: { 'webhook-signature': 'webhook failed', stream: 'webhook failed' },
    },
    {
      what: 'a host whose guard wants a token',
      arrange: async () => {
        d.proxy.target = (await d.boot({ providers: [guard(() => new UnauthorizedException())] })).port;
      },
      check: 'reachable',
      problem: /answered 401 by .*a global guard of the host that wants a token$/,
      fix: /\{ decorators: \[Public\(\)\] \}/,
    },
    {
      what: 'a host that throttles',
      arrange: async () => {
        d.proxy.target = (await d.boot({ providers: [guard(() => new HttpException('', 429))] })).port;
      },
      check: 'reachable',
      problem: /answered 429 by a rate limit, such as a ThrottlerGuard of the host$/,
      fix: /\{ decorators: \[SkipThrottle\(\)\] \}/,
    },
    {
      what: 'a host whose guard forbids',
      arrange: async () => {
        d.proxy.target = (await d.boot({ providers: [guard(() => new ForbiddenException())] })).port;
      },
      check: 'webhook',
      problem: /refused with 403 though it is signed/,
      fix: /global guard of the host \(option decorators\)/,
    },
    {
      what: 'a host that was not told its public URL',
      arrange: async () => {
        d.proxy.target = (await d.boot({ publicUrl: 'http://127.0.0.1:3000' })).port;
      },
      check: 'webhook',
      problem: /the host takes signatures for http:\/\/127\.0\.0\.1:3000$/,
      fix: /give the host PUBLIC_URL=https:\/\/voice\.example\.com/,
    },
    {
      what: 'a proxy that takes the prefix off the path',
      variables: () => ({ PUBLIC_URL: `${d.publicUrl}/phone` }),
      arrange: async () => {
        d.proxy.behaviour = { stripPrefix: '/phone' };
        d.proxy.target = (await d.boot({ publicUrl: `${d.publicUrl}/phone` })).port;
      },
      check: 'webhook',
      problem: /the proxy takes \/phone off the path/,
      fix: /let the proxy keep \/phone/,
    },
    {
      what: 'a host that admits no call',
      arrange: async () => {
        const providers = [{ provide: CALL_ADMISSION, useValue: { admit: () => false } }];
        d.proxy.target = (await d.boot({ providers })).port;
      },
      check: 'webhook',
      problem: /answered with <\w+> instead of a media stream/,
      fix: /limits\.maxStreams.*CALL_ADMISSION/,
    },
    {
      what: 'a host that checks no signatures',
      variables: () => ({ PUBLIC_URL: `http://127.0.0.1:${d.hosts.at(-1)?.port}` }),
      arrange: async () => {
        await d.boot({ unsigned: true });
      },
      check: 'webhook-signature',
      problem: /answered 200 instead of 403: anybody could open calls/,
      fix: /give the host TWILIO_AUTH_TOKEN/,
    },
    {
      what: 'a host without the secondary token',
      variables: () => ({ TWILIO_SECONDARY_AUTH_TOKEN: OTHER_TOKEN }),
      check: 'webhook-signature',
      problem: /signed with TWILIO_SECONDARY_AUTH_TOKEN is answered 403/,
      fix: /give the host TWILIO_SECONDARY_AUTH_TOKEN/,
    },
    {
      what: 'an unsigned host that was told another URL',
      variables: () => ({
        PUBLIC_URL: `http://127.0.0.1:${d.hosts.at(-1)?.port}`,
        TWILIO_AUTH_TOKEN: undefined,
      }),
      arrange: async () => {
        await d.boot({ unsigned: true, publicUrl: 'http://127.0.0.1:9' });
      },
      check: 'webhook',
      problem: /the media stream is at ws:\/\/127\.0\.0\.1:9\/voice\/stream, and not at PUBLIC_URL/,
      fix: /give the host PUBLIC_URL=http:\/\/127/,
    },
    {
      what: 'a proxy that does not pass upgrades on',
      arrange: () => {
        d.proxy.behaviour = { withoutUpgrades: true };
      },
      check: 'stream',
      problem: /the handshake of wss:\/\/voice\.example\.com:\d+\/voice\/stream is answered 404/,
      fix: /Upgrade and Connection headers/,
      skips: { 'stream-signature': 'stream failed' },
    },
    {
      what: 'a proxy that drops the signature of a handshake',
      arrange: () => {
        d.proxy.behaviour = { dropsSignature: true };
      },
      check: 'stream',
      problem: /is answered 403 though it is signed/,
      fix: /pass X-Twilio-Signature on/,
    },
    {
      what: 'an instance with another token secret',
      arrange: async () => {
        d.proxy.behaviour = {
          upgradePort: (await d.boot({ tokenSecret: 'another secret of instances' })).port,
        };
      },
      check: 'stream',
      problem: /does not know the token/,
      fix: /give all instances the same TWILIO_AUTH_TOKEN, or the same option tokenSecret/,
    },
    {
      what: 'a proxy that swallows what is sent on a stream',
      arrange: () => {
        d.proxy.behaviour = { swallows: true };
      },
      check: 'stream',
      problem: /what is sent on it does not arrive/,
      fix: /pass WebSocket messages on at once/,
    },
    {
      what: 'a token of another Twilio account',
      variables: () => ({ TWILIO_AUTH_TOKEN: OTHER_TOKEN }),
      arrange: async () => {
        d.proxy.target = (await d.boot({ authToken: OTHER_TOKEN })).port;
      },
      check: 'twilio-account',
      problem: /Twilio refuses TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN \(20003\)/,
      fix: /copy both from the same account/,
      skips: { 'phone-number': 'twilio-account failed' },
    },
    {
      what: 'an account that is suspended',
      arrange: () => {
        d.twilio.status = 'suspended';
      },
      check: 'twilio-account',
      problem: /is suspended/,
      fix: /reactivate it/,
    },
    {
      what: 'a trial account',
      arrange: () => {
        d.twilio.type = 'Trial';
      },
      check: 'twilio-account',
      status: 'warning',
      problem: /is a trial/,
      fix: /upgrade the account/,
    },
    {
      what: 'a number that calls an old tunnel',
      arrange: () => {
        d.twilio.numbers = [d.number({ voice_url: 'https://old.example.com/voice/incoming?key=x' })];
      },
      check: 'phone-number',
      problem: /^\+15005550006 calls https:\/\/old\.example\.com\/voice\/incoming$/,
      fix: /set "A call comes in" of \+15005550006 to Webhook, POST https:\/\/voice\.example\.com:\d+\/voice\/incoming/,
    },
    {
      what: 'a number that calls with GET',
      arrange: () => {
        d.twilio.numbers = [d.number({ voice_method: 'GET' })];
      },
      check: 'phone-number',
      problem: /calls its webhook with GET/,
      fix: /Webhook, POST/,
    },
    {
      what: 'a TwiML app in place of the webhook',
      arrange: () => {
        d.twilio.numbers = [d.number({ voice_application_sid: `AP${'1'.repeat(32)}` })];
        d.twilio.applications.set(`AP${'1'.repeat(32)}`, {
          voice_url: 'https://app.example.com/',
          voice_method: 'POST',
        });
      },
      check: 'phone-number',
      problem: /calls https:\/\/app\.example\.com\//,
      fix: /to Webhook, POST/,
    },
    {
      what: 'a TwiML app that was deleted',
      arrange: () => {
        d.twilio.numbers = [d.number({ voice_application_sid: `AP${'2'.repeat(32)}` })];
      },
      check: 'phone-number',
      problem: /TwiML app AP2+, which is not there/,
      fix: /configure \+15005550006 with a webhook/,
    },
    {
      what: 'a number on a SIP trunk',
      arrange: () => {
        d.twilio.numbers = [d.number({ trunk_sid: `TK${'1'.repeat(32)}` })];
      },
      check: 'phone-number',
      problem: /go to the SIP trunk TK1+/,
      fix: /take \+15005550006 off the trunk/,
    },
    {
      what: 'a number without voice',
      arrange: () => {
        d.twilio.numbers = [d.number({ capabilities: { voice: false, sms: true } })];
      },
      check: 'phone-number',
      problem: /takes no calls/,
      fix: /buy a number with voice/,
    },
    {
      what: 'a number of another account',
      variables: () => ({ TWILIO_PHONE_NUMBER: '+15005550009' }),
      check: 'phone-number',
      problem: /the Twilio account has no number \+15005550009/,
      fix: /set TWILIO_PHONE_NUMBER to a number of this account/,
    },
    {
      what: 'no number that calls this host',
      variables: () => ({ TWILIO_PHONE_NUMBER: undefined }),
      arrange: () => {
        d.twilio.numbers = [d.number({ voice_url: '' })];
      },
      check: 'phone-number',
      problem: /none of the account's numbers calls this host: \+15005550006 calls nothing/,
      fix: /set "A call comes in" of a number to Webhook/,
    },
    {
      what: 'no status callback',
      arrange: () => {
        d.twilio.numbers = [d.number({ status_callback: '' })];
      },
      check: 'phone-number',
      status: 'warning',
      problem: /tells the status of calls to nothing/,
      fix: /set "Call status changes" of \+15005550006 to POST https:\/\/voice\.example\.com:\d+\/voice\/status/,
    },
    {
      what: 'a wrong ElevenLabs key',
      variables: () => ({ ELEVENLABS_API_KEY: 'sk_wrong_elevenlabs_key' }),
      check: 'elevenlabs',
      problem: /refuses the key \(401 invalid_api_key\)/,
      fix: /set ELEVENLABS_API_KEY to a valid key/,
      skips: { 'elevenlabs-model': 'elevenlabs failed' },
    },
    {
      what: 'the name of a voice in place of its id',
      variables: () => ({ ELEVENLABS_VOICE_ID: 'Anna' }),
      check: 'elevenlabs',
      problem: /no voice Anna/,
      fix: /set ELEVENLABS_VOICE_ID to the id \(not the name\)/,
    },
    {
      what: 'an ElevenLabs address with a path',
      variables: () => ({ ELEVENLABS_BASE_URL: `${d.elevenLabs.url}/v1` }),
      check: 'elevenlabs',
      problem: /no ElevenLabs API at/,
      fix: /without a path, or leave it out/,
    },
    {
      what: 'a model that does not speak',
      variables: () => ({ ELEVENLABS_MODEL_ID: 'eleven_english_sts_v2' }),
      check: 'elevenlabs-model',
      problem: /no model eleven_english_sts_v2 that speaks/,
      fix: /set ELEVENLABS_MODEL_ID to one of the account's \(eleven_v3, /,
    },
    {
      what: 'a wrong OpenAI key',
      variables: () => ({ OPENAI_API_KEY: 'sk-wrong-openai-key' }),
      check: 'openai',
      problem: /refuses the key \(401 invalid_api_key\)/,
      fix: /set OPENAI_API_KEY to a valid key/,
    },
    {
      what: 'a language model that is not there',
      variables: () => ({ OPENAI_MODEL: 'gpt-9' }),
      check: 'openai',
      problem: /no model gpt-9 for this key/,
      fix: /set OPENAI_MODEL to a model that this key can use/,
    },
    {
      what: 'a base URL of OpenAI without its path',
      variables: () => ({ OPENAI_BASE_URL: d.openAi.url.replace('/v1', '') }),
      check: 'openai',
      problem: /no chat completions at http/,
      fix: /mostly ends with \/v1/,
    },
    {
      what: 'a vendor that is not there',
      variables: () => ({ OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }),
      check: 'openai',
      problem: /nothing listens at 127\.0\.0\.1:9/,
      fix: /correct OPENAI_BASE_URL/,
    },
  ];

  it.each(SEEDS)('finds $what ($check), and says the fix', async (seed) => {
    await seed.arrange?.(d);
    const { code, output, errors } = await run(seed.variables?.(d), [
      ...(seed.words?.(d) ?? words()),
      '--json',
    ]);
    await d.trust(d.certificate);
    expect(errors).toBe('');
    const checks = found(output);
    const { status = 'failed' } = seed;
    expect(checks.find(({ name }) => name === seed.check)).toEqual({
      name: seed.check,
      status,
      problems: [{ problem: expect.stringMatching(seed.problem), fix: expect.stringMatching(seed.fix) }],
    });
    for (const [name, reason] of Object.entries(seed.skips ?? {}))
      expect(checks.find((one) => one.name === name)).toEqual({ name, status: 'skipped', reason });
    expect(code).toBe(status === 'failed' ? 1 : 0);
    expect(d.asked).toEqual([]);
    for (const secret of [AUTH_TOKEN, OTHER_TOKEN, ELEVENLABS_KEY, OPENAI_KEY, 'sk_wrong', 'sk-wrong'])
      expect(output).not.toContain(secret);
  });

  it('finds several at once, and one does not hide another', async () => {
    d.proxy.behaviour = { withoutUpgrades: true };
    d.twilio.numbers = [d.number({ voice_method: 'GET' })];
    const { code, output } = await run({
      ELEVENLABS_API_KEY: 'sk_wrong_elevenlabs_key',
      OPENAI_MODEL: 'gpt-9',
    });
    const wrong = output.split('\n').filter((line) => line.startsWith('✗'));
    expect(wrong.map((line) => line.split(/ +/)[1])).toEqual([
      'stream',
      'phone-number',
      'elevenlabs',
      'openai',
    ]);
    expect(output).toMatch(/\n {20}Fix: set OPENAI_MODEL/);
    expect(code).toBe(1);
  });

  it('asks a server that does not tell its models for an answer of one token', async () => {
    const { OpenAiServer } = await import('../src/testing/index.js');
    const server = await OpenAiServer.start({ apiKey: OPENAI_KEY, models: 'unlisted' });
    server.otherwiseSays('Yes');
    const { output } = await run({ OPENAI_BASE_URL: server.url }, [...words(), '--json']);
    expect(found(output).find(({ name }) => name === 'openai')).toMatchObject({ status: 'ok' });
    expect(server.journal.at(-1)?.body).toMatchObject({ max_tokens: 1 });
    await server.close();
  });

  it('finds a host under a global prefix and without a given number', async () => {
    const publicUrl = `${d.publicUrl}/phone`;
    d.proxy.target = (await d.boot({ publicUrl, prefix: 'phone' })).port;
    d.twilio.numbers = [
      d.number({ phone_number: '+15005550001', voice_url: 'https://elsewhere.example.com/' }),
      d.number({ voice_url: `${publicUrl}/voice/incoming/`, status_callback: `${publicUrl}/voice/status` }),
    ];
    const { code, output } = await run({ PUBLIC_URL: publicUrl, TWILIO_PHONE_NUMBER: undefined });
    expect(output).toContain(`${NUMBER}: POST ${publicUrl}/voice/incoming`);
    expect(output).toMatch(/Nothing failed: 13 ok/);
    expect(code).toBe(0);
  });

  it('finds both tokens of a rotation taken', async () => {
    d.proxy.target = (await d.boot({ authToken: [AUTH_TOKEN, OTHER_TOKEN] })).port;
    const { code, output } = await run({ TWILIO_SECONDARY_AUTH_TOKEN: OTHER_TOKEN });
    expect(output).toContain('one signed with the secondary token is taken');
    expect(code).toBe(0);
  });

  it('names a Redis that is not there, and not its password', async () => {
    const REDIS_URL = `redis://:hunter2-hunter2@127.0.0.1:${await freePort()}`;
    const { code, output } = await run({ REDIS_URL }, [...words(), '--timeout', '1000', '--json']);
    expect(found(output).find(({ name }) => name === 'redis')).toMatchObject({
      status: 'failed',
      problems: [
        { problem: expect.stringContaining('ECONNREFUSED'), fix: expect.stringMatching(/^set REDIS_URL/) },
      ],
    });
    expect(output).not.toContain('hunter2');
    expect(code).toBe(1);
  });

  (hasRedis ? it : it.skip)('finds the Redis that instances share, and one that forgets', async () => {
    const server = await RedisServer.start();
    try {
      const redis = async () =>
        found((await run({ REDIS_URL: server.url }, [...words(), '--json'])).output).find(
          ({ name }) => name === 'redis',
        );
      expect(await redis()).toMatchObject({ status: 'ok', detail: expect.stringContaining('0 instances') });
      await server.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
      await server.cli('CONFIG', 'SET', 'maxmemory', '100mb');
      expect(await redis()).toMatchObject({ status: 'warning' });
    } finally {
      await server.stop();
    }
  });

  it('takes a host on this machine without any account for a trial', async () => {
    const { port } = await d.boot({ unsigned: true });
    const { code, output } = await d.run(program, { PORT: String(port) }, ['doctor', '--json']);
    const statuses = Object.fromEntries(found(output).map(({ name, status }) => [name, status]));
    expect(statuses).toMatchObject({
      configuration: 'ok',
      reachable: 'ok',
      'public-address': 'warning',
      webhook: 'ok',
      'webhook-signature': 'skipped',
      stream: 'ok',
      'twilio-account': 'skipped',
      openai: 'skipped',
    });
    expect(code).toBe(0);
  });

  it('names the SDKs that are not installed, and needs no peer of the package itself', async () => {
    const app = join(d.directory, 'app');
    await cp(join(program, '../..'), join(app, 'dist'), { recursive: true });
    await writeFile(join(app, 'package.json'), '{"type":"module"}');
    await mkdir(join(app, 'node_modules'));
    for (const name of ['twilio', 'undici', 'ws', 'zod'])
      await symlink(join(process.cwd(), 'node_modules', name), join(app, 'node_modules', name));
    const { output } = await d.run(join(app, 'dist/doctor/main.js'), d.environment, words());
    expect(output).toMatch(
      /✗ elevenlabs +the ElevenLabs SDK is not installed.*\n +Fix: run npm install elevenlabs@/,
    );
    expect(output).toMatch(/✗ openai +the OpenAI SDK is not installed.*\n +Fix: run npm install openai@/);
    expect(output).toMatch(/: 10 ok, 0 to look at, 2 failed, 2 skipped\./);
  });

  it('reads .env or another file of variables, which the environment overrides', async () => {
    const file = join(d.directory, 'deployment.env');
    const lines = Object.entries({ ...d.environment, OPENAI_MODEL: 'gpt-9' }).map(
      ([name, value]) => `${name}=${value}`,
    );
    await writeFile(file, lines.join('\n'));
    const args = [...words(), '--env', file, '--json'];
    const alone = await d.run(program, {}, args);
    expect(
      found(alone.output)
        .filter(({ status }) => status === 'failed')
        .map(({ name }) => name),
    ).toEqual(['openai']);
    const overridden = await d.run(program, { OPENAI_MODEL: 'gpt-4o-mini' }, args);
    expect(overridden.code).toBe(0);
    const unnamed = join(d.directory, '.env');
    await rename(file, unnamed);
    const { output } = await d.run(program, {}, words());
    await rm(unnamed);
    expect(output).toContain(
      'read from the environment and .env; in the standalone host ElevenLabs speaks, a language model answers',
    );
    expect(output).toContain('✗ openai');
  });

  it('leaves out what --skip names, and what depends on it', async () => {
    const { code, output } = await run({}, [...words(), '--skip', 'webhook', '--json']);
    const reasons = found(output).flatMap((one) =>
      one.status === 'skipped' ? [`${one.name}: ${one.reason}`] : [],
    );
    expect(reasons).toEqual([
      'webhook: --skip',
      'webhook-signature: webhook was skipped',
      'stream: webhook was skipped',
      'stream-signature: stream was skipped',
      'redis: REDIS_URL is not set: this host shares with no other',
    ]);
    expect(code).toBe(0);
  });

  it('prints no secret and obeys no control character, whatever a server answers', async () => {
    const echo = createServer((_, response) => {
      response.writeHead(301, { location: `https://x.example.com/${AUTH_TOKEN}/%1b[2J` }).end();
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    d.proxy.target = (echo.address() as AddressInfo).port;
    d.twilio.numbers = [d.number({ voice_url: `https://x.example.com/${OPENAI_KEY}/\u001b[2J` })];
    const { output } = await run();
    expect(output).toContain('[secret]');
    expect(output).not.toContain(AUTH_TOKEN);
    expect(output).not.toContain(OPENAI_KEY);
    expect(output.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    await new Promise((resolve) => echo.close(resolve));
  });

  it.each([
    [[], 0, /^Usage: nestjs-twilio-voice doctor/],
    [['--help'], 0, /--twilio-api URL/],
    [['doctor', '--help'], 0, /Exit code: 0/],
    [['nurse'], 2, /The commands are doctor and call, not nurse/],
    [['doctor', '--fix'], 2, /--fix/],
    [['doctor', '--timeout', 'soon'], 2, /--timeout must be whole milliseconds/],
    [['doctor', '--resolve', HOST_NAME], 2, /--resolve must be an IP address/],
    [['doctor', '--twilio-api', 'twilio'], 2, /--twilio-api must be a URL/],
    [['doctor', '--base-path', '/voice/'], 2, /--base-path must be path segments/],
    [['doctor', '--skip', 'all'], 2, /--skip all: there is no such check/],
    [['doctor', '--env', 'nowhere.env'], 2, /nowhere\.env cannot be read \(ENOENT\)/],
  ])('with the arguments %j ends with %i', async (args, code, message) => {
    const ended = await d.run(program, {}, args);
    expect(ended.code).toBe(code);
    expect(code === 0 ? ended.output : ended.errors).toMatch(message);
    expect(ended.output + ended.errors).not.toMatch(/ at .*\.js:\d+/);
  });
});
