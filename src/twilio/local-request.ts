import type { IncomingHttpHeaders } from 'node:http';

/** What is read of a request to see where it comes from; Node's `IncomingMessage` fits. */
export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** Headers that a proxy adds, and those of a web page. */
const FOREIGN = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-original-host',
  'true-client-ip',
  'cf-connecting-ip',
  'origin',
  'sec-fetch-site',
]);
const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
const LOOPBACK = /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/i;

/** A tunnel's or proxy's requests come from loopback too, but most name another host or say that they were forwarded. */
export function isLocal({ headers, socket }: ReceivedRequest): boolean {
  const foreign = Object.keys(headers).some((name) => FOREIGN.has(name) || name.startsWith('x-forwarded-'));
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  return !foreign && LOCAL_HOSTS.has(host) && LOOPBACK.test(socket.remoteAddress ?? '');
}
