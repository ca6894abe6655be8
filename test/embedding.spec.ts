import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  type INestApplication,
  SetMetadata,
  UseGuards,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, ApplicationConfig, NestFactory, Reflector, RouterModule } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { WebSocketGateway } from '@nestjs/websockets';
import { CallRegistry, MediaStreamAdapter, TwilioVoiceModule } from '../src/index.js';
import { simulateCall } from '../src/testing/index.js';
import { DEFAULT_ADAPTER_PROVIDER } from '../src/twilio/default-adapter.js';
import { PublicUrls } from '../src/twilio/public-urls.js';
import { TwilioSignatureGuard } from '../src/twilio/signature.guard.js';
import { twilioControllers } from '../src/twilio/twilio.providers.js';
import {
  EmbeddingHost,
  type EmbeddingOptions,
  hostModule,
  type Platform,
  type Sockets,
  until,
} from './support/embedding-host.js';
import { freePort } from './support/free-port.js';

let host: EmbeddingHost | undefined;

afterEach(async () => {
  await host?.app.close();
  host = undefined;
});

const HTTP_SERVER = { upgrades: 'http-server' } as const;

describe('a host whose main.ts knows nothing of us', () => {
  const cells: [Platform, Sockets, boolean][] = (['express', 'fastify'] as const).flatMap((platform) =>
    (['socket.io', 'implicit', 'ws', 'none'] as const).flatMap((sockets) =>
      [false, true].map((install): [Platform, Sockets, boolean] => [platform, sockets, install]),
    ),
  );

  it.each(cells)('takes calls on %s with sockets of %s (MediaStreamAdapter too: %s)', async (...cell) => {
    const [platform, sockets, install] = cell;
    host = await EmbeddingHost.boot({ platform, sockets, install, settings: HTTP_SERVER });
    expect(await host.chat(sockets)).toBe('hello');
    const call = host.call();
    await until('the greeting', () => call.heardBytes().length > 4_000);
    expect(await host.chat(sockets)).toBe('hello');
    expect(await host.handshake('/voice/stream')).toBe(403);
    if (sockets === 'none') expect(await host.handshake('/elsewhere')).toBe(404);
    if (sockets === 'ws') expect(await host.handshake('/elsewhere')).toBe(0); // as WsAdapter does
    call.hangUp();
    await until('its end', () => host?.app.get(CallRegistry).size === 0);
    expect(call.violations).toEqual([]);
    expect(host.logs).toEqual([expect.stringMatching(/A media stream was refused with 403/)]); // the handshake's
  });

  it('closes with a call on the line, and gives the HTTP server back as it was', async () => {
    host = await EmbeddingHost.boot({ settings: { ...HTTP_SERVER, drain: { graceMs: 2_000 } } });
    const { app, http } = host;
    const call = host.call();
    await until('the greeting', () => call.heardBytes().length > 4_000);
    expect(Object.hasOwn(http, 'emit')).toBe(true);
    await app.close();
    expect(call.stream?.playout.heldMs).toBe(0);
    await until('the end of the call', () => call.eventsOf('stream-stopped').length > 0);
    expect([Object.hasOwn(http, 'emit'), http.listenerCount('upgrade'), http.listening]).toEqual([
      false,
      0,
      false,
    ]);
  });

  it('has no HTTP server in a worker, and needs none', async () => {
    const worker = await NestFactory.createApplicationContext(hostModule({ settings: HTTP_SERVER }), {
      logger: false,
      abortOnError: false,
    });
    expect(worker.get(CallRegistry).size).toBe(0);
    await worker.close();
  });

  it('is called in virtual time by simulateCall, and by a testing module over the network', async () => {
    const root = hostModule({ settings: HTTP_SERVER });
    const simulated = await simulateCall(Test.createTestingModule({ imports: [root] }));
    await simulated.clock.advance(2_000);
    expect(simulated.call.heardBytes().length).toBeGreaterThan(4_000);
    await simulated.close();

    const module = await Test.createTestingModule({ imports: [root] }).compile();
    const app = module.createNestApplication({ logger: false });
    await app.init();
    expect(Object.hasOwn(app.getHttpServer() as object, 'emit')).toBe(true);
    await app.close();
  });
});

describe('a host of socket.io that leaves the choice to Nest', () => {
  it('keeps socket.io beside the MediaStreamAdapter', async () => {
    host = await EmbeddingHost.boot({ sockets: 'implicit', install: true });
    expect(await host.chat('implicit')).toBe('hello');
    const call = host.call();
    await until('the greeting', () => call.heardBytes().length > 4_000);
    call.hangUp();
  });

  it('keeps it where MediaStreamAdapter is installed and the module is not there', async () => {
    @WebSocketGateway()
    class SilentGateway {}
    const module = await Test.createTestingModule({ providers: [SilentGateway] }).compile();
    const app = module.createNestApplication({ logger: false });
    MediaStreamAdapter.install(app);
    await app.init();
    expect(app.get(ApplicationConfig).getIoAdapter()).toBeInstanceOf(IoAdapter);
    await app.close();
  });
});

/** An HTTP adapter without a server of Node's. */
const serverless = (app: INestApplication) => {
  app.getHttpAdapter().getHttpServer = () => undefined;
};

describe('the boot', () => {
  const bothFixes =
    /call MediaStreamAdapter\.install\(app\) after app\.useWebSocketAdapter.*before app\.listen\(\)\. Where main\.ts cannot be changed, give the module \{ upgrades: 'http-server' \}/;

  it.each<[string, EmbeddingOptions, RegExp]>([
    ['no adapter', {}, bothFixes],
    ['no adapter', {}, /^No WebSocket adapter is installed/],
    ['no adapter, in a host with gateways', { sockets: 'implicit' }, bothFixes],
    ['socket.io in its place', { sockets: 'socket.io' }, bothFixes],
    ['socket.io in its place', { sockets: 'socket.io' }, /got another one, such as one of socket\.io/],
    [
      'socket.io installed after it',
      {
        install: false,
        configure: (app) => {
          MediaStreamAdapter.install(app);
          app.useWebSocketAdapter(new IoAdapter(app));
        },
      },
      bothFixes,
    ],
    [
      'gateways of the host, and no package that serves them',
      {
        sockets: 'implicit',
        install: true,
        settings: { providers: [{ provide: DEFAULT_ADAPTER_PROVIDER.provide, useValue: 'missing' }] },
      },
      /nothing that serves them: install @nestjs\/platform-socket\.io or @nestjs\/platform-ws/,
    ],
    [
      'no HTTP server',
      { settings: HTTP_SERVER, configure: serverless },
      /'http-server' found no HTTP server/,
    ],
    [
      'a second line',
      { settings: HTTP_SERVER, host: { imports: [hostModule({ settings: HTTP_SERVER })] } },
      /imported twice: call forRoot or forRootAsync once/,
    ],
    [
      'a second line in the other mode',
      { settings: HTTP_SERVER, host: { imports: [hostModule({})] } },
      /imported twice: call forRoot or forRootAsync once/,
    ],
  ])('with %s says what to do', async (_, options, message) => {
    await expect(EmbeddingHost.boot(options)).rejects.toThrow(message);
  });

  it('with the plain ws adapter goes on, and says what is better', async () => {
    host = await EmbeddingHost.boot({ configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)) });
    expect(host.logs).toEqual([
      expect.stringMatching(/parses each frame a second time: call MediaStreamAdapter/),
    ]);
    expect(host.logs[0]).toMatch(bothFixes);
  });
});

const PUBLIC = 'isPublic';
const Public = () => SetMetadata(PUBLIC, true);

/** Guards read what the host has decorated in one of these ways. */
const READERS: Readonly<Record<string, (reflector: Reflector, context: ExecutionContext) => unknown>> = {
  'on route and class': (reflector, context) =>
    reflector.getAllAndOverride(PUBLIC, [context.getHandler(), context.getClass()]),
  'on the class': (reflector, context) => reflector.get(PUBLIC, context.getClass()),
  'on the route': (reflector, context) => reflector.get(PUBLIC, context.getHandler()),
  'on both, merged': (reflector, context) =>
    reflector.getAllAndMerge<unknown[]>(PUBLIC, [context.getHandler(), context.getClass()]).includes(true),
};

@Controller('orders')
class OrdersController {
  @Get()
  all() {
    return [];
  }
}

function guarded(isPublic: (typeof READERS)[string]): EmbeddingOptions['host'] {
  @Injectable()
  class Closed implements CanActivate {
    constructor(private readonly reflector: Reflector) {}
    canActivate(context: ExecutionContext): boolean {
      return isPublic(this.reflector, context) === true;
    }
  }
  return { controllers: [OrdersController], providers: [{ provide: APP_GUARD, useClass: Closed }] };
}

describe('a global guard', () => {
  const post = (path: string) => fetch(`${host?.publicUrl ?? ''}/voice/${path}`, { method: 'POST' });
  const settings = (decorators: ClassDecorator[]) => ({ ...HTTP_SERVER, decorators });

  it.each(Object.entries(READERS))('that looks %s lets decorated webhooks through', async (_, isPublic) => {
    host = await EmbeddingHost.boot({ settings: settings([Public()]), host: guarded(isPublic)! });
    const call = host.call({ statusUrl: `${host.publicUrl}/voice/status` });
    await until('the greeting', () => call.heardBytes().length > 4_000);
    call.hangUp();
    await until('the end of the call', () => host?.app.get(CallRegistry).size === 0);
    expect(call.eventsOf('error')).toEqual([]);
    expect((await fetch(`${host.url}/orders`)).status).toBe(403);
    expect((await post('incoming')).status).toBe(403); // unsigned
  });

  it('refuses them without decorators', async () => {
    host = await EmbeddingHost.boot({ settings: settings([]), host: guarded(READERS['on the route']!)! });
    const call = host.call();
    await call.ended;
    expect(call.endedBy).toBe('error');
  });
});

describe('the RouterModule of the host', () => {
  it.each([
    ['', '', '/lines/voice/continue'],
    ['/lines', '', '/lines/voice/continue'],
    ['', 'api', '/api/lines/voice/continue'],
    ['/api', 'api', '/api/lines/voice/continue'],
    ['/api/lines', 'api', '/api/lines/voice/continue'],
  ])('gives the webhooks a path that Twilio is told: publicUrl …%s, prefix %j', async (path, prefix, at) => {
    const port = await freePort();
    const publicUrl = `http://127.0.0.1:${port}${path}`;
    const imports = [RouterModule.register([{ path: 'lines', module: TwilioVoiceModule }])];
    const root = hostModule({ settings: HTTP_SERVER, host: { imports } }, publicUrl);
    const app = await NestFactory.create(root, { logger: false });
    app.setGlobalPrefix(prefix);
    await app.listen(port, '127.0.0.1');
    const url = app.get(PublicUrls).webhook('continue');
    const { status } = await fetch(url, { method: 'POST' });
    await app.close();
    expect([url, status]).toEqual([`http://127.0.0.1:${port}${at}`, 403]); // found, and unsigned
  });
});

interface Routes {
  readonly incoming?: object;
  readonly status?: object;
}

const routeOf = (controller: Type): object => {
  const { incoming, status } = controller.prototype as Routes;
  return incoming ?? status ?? Object;
};

describe('a decorated controller', () => {
  it('leaves those of other applications as they were', () => {
    const marks = (decorators: ClassDecorator[]) =>
      twilioControllers('voice', decorators).map(
        (controller) => Reflect.getMetadata(PUBLIC, routeOf(controller)) as unknown,
      );
    expect(marks([Public()])).toEqual([true, true]);
    expect(marks([])).toEqual([undefined, undefined]);
  });

  it('keeps its own guard beside those the host decorates it with, and asks each once', () => {
    class Open {
      canActivate = () => true;
    }
    for (const controller of twilioControllers('voice', [UseGuards(Open)])) {
      expect(Reflect.getMetadata('__guards__', controller)).toEqual([TwilioSignatureGuard, Open]);
      expect(Reflect.getMetadata('__guards__', routeOf(controller))).toBeUndefined();
    }
  });

  it('has routes of its own for decorators that wrap them, and marks also those of a class that takes its place', () => {
    const wrapped: string[] = [];
    const Wraps: ClassDecorator = ({ prototype }) => {
      wrapped.push(...Object.getOwnPropertyNames(prototype));
    };
    const Replaced = (controller: Type) => class extends controller {};
    for (const controller of twilioControllers('voice', [Replaced as ClassDecorator, Public(), Wraps]))
      expect(Reflect.getMetadata(PUBLIC, routeOf(controller))).toBe(true);
    expect(wrapped).toEqual(expect.arrayContaining(['incoming', 'continue', 'status']));
  });

  it('is told of a decorator that was not called', () => {
    expect(() => twilioControllers('voice', [Public as never])).toThrow(
      /called: \[Public\(\)\], not \[Public\]/,
    );
  });
});
