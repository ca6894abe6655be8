import type { FactoryProvider, INestApplication, WebSocketAdapter } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { MEDIA_STREAM } from './stream-server-options.js';

type AdapterClass = new (app: INestApplication) => WebSocketAdapter;

/** What Nest writes on gateways; it does not export the names. */
const GATEWAY = 'websockets:is_gateway';
const GATEWAY_OPTIONS = 'websockets:gateway_options';

const DEFAULT_ADAPTER = Symbol('DEFAULT_ADAPTER');

/**
 * What Nest would load for a host that has gateways and has installed no adapter: the one of socket.io. It has to be
 * loaded while the application is being made, as later nobody can wait for it.
 */
export const DEFAULT_ADAPTER_PROVIDER: FactoryProvider<AdapterClass | undefined> = {
  provide: DEFAULT_ADAPTER,
  inject: [ModulesContainer],
  useFactory: async (modules: ModulesContainer) => {
    if (!hasGateways(modules)) return undefined;
    return import('@nestjs/platform-socket.io').then(
      ({ IoAdapter }) => IoAdapter,
      () => undefined,
    );
  },
};

/** @returns a new adapter of that kind, or undefined where Nest would need none, or has none */
export function defaultAdapter(app: INestApplication): WebSocketAdapter | undefined {
  try {
    const Adapter = app.get<AdapterClass | undefined>(DEFAULT_ADAPTER, { strict: false });
    return Adapter === undefined ? undefined : new Adapter(app);
  } catch {
    return undefined; // an application without our module
  }
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
