import type { TwilioVoiceModuleOptions } from '../../src/index.js';
import { redisSharing, type RedisSharingOptions } from '../../src/redis.js';
import {
  networkTransport,
  type ScriptedAgent,
  SimulatedCall,
  type SimulatedCallOptions,
  type Transport,
} from '../../src/testing/index.js';
import { AUTH_TOKEN, clock, EmbeddingHost } from './embedding-host.js';

/** The one address of all instances. */
export const PUBLIC_URL = 'https://voice.example.com';

/** A Nest application that shares its calls with others. */
export interface Instance {
  readonly host: EmbeddingHost;
  readonly agent: ScriptedAgent;
  /** A provider of the application. */
  get<T>(token: { readonly prototype: T } | symbol): T;
}

/** @param settings of the module, beside what all instances have */
export async function bootInstance(
  redis: RedisSharingOptions,
  agent: ScriptedAgent,
  { providers = [], ...settings }: Partial<TwilioVoiceModuleOptions> = {},
): Promise<Instance> {
  const host = await EmbeddingHost.boot({
    install: true,
    agent,
    settings: {
      publicUrl: PUBLIC_URL,
      tokenSecret: 'of all instances',
      ...settings,
      providers: [...redisSharing(redis), ...providers],
    },
  });
  return { host, agent, get: (token) => host.app.get(token as symbol, { strict: false }) };
}

/** A load balancer: each request and each stream goes where `next` says. */
export function balanced(next: (what: 'webhook' | 'stream') => Instance): Transport {
  const network = networkTransport();
  return {
    post: (url, form, headers) =>
      network.post(url.replace(PUBLIC_URL, next('webhook').host.url), form, headers),
    connect: (url, headers, events) => {
      const own = next('stream').host.url.replace('http', 'ws');
      return network.connect(url.replace(PUBLIC_URL.replace('http', 'ws'), own), headers, events);
    },
  };
}

/** Calls through a load balancer. */
export function dialled(transport: Transport, options: Partial<SimulatedCallOptions> = {}): SimulatedCall {
  const call = new SimulatedCall({ clock, transport, authToken: AUTH_TOKEN, ...options });
  call.dial(`${PUBLIC_URL}/voice/incoming`);
  return call;
}
