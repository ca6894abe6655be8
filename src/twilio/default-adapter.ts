import type { FactoryProvider, INestApplication, WebSocketAdapter } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { MissingAdapter } from './missing-adapter.js';
import { MEDIA_STREAM } from './stream-server-options.js';

type AdapterClass = new (app: INestApplication) => WebSocketAdapter;

/** What Nest writes on gateways; it does not export the names. */
const GATEWAY = 'websockets:is_gateway';
const GATEWAY_OPTIONS = 'websockets:gateway_options';

const DEFAULT_ADAPTER = Symbol('DEFAULT_ADAPTER');

/** Whose adapter a host's own gateways get that has installed none; `nobody` where there are no such gateways. */
type DefaultAdapter = AdapterClass | 'nobody' | 'missing';

/**
 * What Nest would load for a host that has gateways and has installed no adapter: the one of socket.io; where that is
 * not there, the one of `ws`. It has to be loaded while the application is being made, as later nobody can wait for it.
 */
export const DEFAULT_ADAPTER_PROVIDER: FactoryProvider<DefaultAdapter> = {
  provide: DEFAULT_ADAPTER,
  inject: [ModulesContainer],
  useFactory: async (modules: ModulesContainer) => {
    if (!hasGateways(modules)) return 'nobody';
    return import('@nestjs/platform-socket.io')
      .then(({ IoAdapter }): DefaultAdapter => IoAdapter)
      .catch(() => import('@nestjs/platform-ws').then(({ WsAdapter }) => WsAdapter))
      .catch(() => 'missing');
  },
};

/** Whether our module is in the application: without it Nest gives the gateways their adapter itself. */
export function hasDefaultAdapter(app: INestApplication): boolean {
  try {
    app.get<DefaultAdapter>(DEFAULT_ADAPTER, { strict: false });
    return true;
  } catch {
    return false;
  }
}

/**
 * @returns a new adapter for the host's own gateways
 * @throws Error when there are such gateways, and no adapter is installed; or when our module is not there
 */
export function defaultAdapter(app: INestApplication): WebSocketAdapter {
  const adapter = app.get<DefaultAdapter>(DEFAULT_ADAPTER, { strict: false });
  if (adapter === 'nobody') return new MissingAdapter();
  if (adapter === 'missing')
    throw new Error(
      'MediaStreamAdapter: the application has gateways of its own, and nothing that serves them: install ' +
        '@nestjs/platform-socket.io or @nestjs/platform-ws, or call app.useWebSocketAdapter(…) before.',
    );
  return new adapter(app);
}

function hasGateways(modules: ModulesContainer): boolean {
  return [...modules.values()].some(({ providers }) =>
    [...providers.values()].some(({ metatype, isNotMetatype }) => {
      if (isNotMetatype || metatype === null || !Reflect.hasMetadata(GATEWAY, metatype)) return false;
      const { transport } = Object(Reflect.getMetadata(GATEWAY_OPTIONS, metatype)) as { transport?: unknown };
      return transport !== MEDIA_STREAM;
    }),
  );
}
