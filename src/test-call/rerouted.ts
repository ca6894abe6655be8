import type { Transport } from '../testing/transport.js';

/**
 * Reaches by another address what is said to be at `publicUrl`: what is signed is the public URL, where it goes is not.
 * @param address any URL of the server
 */
export function rerouted(transport: Transport, publicUrl: string, address: string): Transport {
  const [from, to] = [new URL(publicUrl), new URL(address)];
  const there = (url: string): string => {
    const target = new URL(url);
    if (target.host !== from.host) return url;
    const isSocket = target.protocol.startsWith('ws');
    target.protocol = isSocket ? to.protocol.replace('http', 'ws') : to.protocol;
    target.host = to.host;
    if (to.port === '') target.port = ''; // `host` leaves it when it has none
    return target.href;
  };
  return {
    post: (url, form, headers) => transport.post(there(url), form, headers),
    connect: (url, headers, events) => transport.connect(there(url), headers, events),
  };
}
