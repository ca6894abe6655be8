import { isIPv6 } from 'node:net';

/** Counts sockets that have not shown a valid `start`, in all and by address; holds no address longer than its sockets. */
export class PendingSockets {
  readonly #counts = new Map<string, number>();
  #size = 0;

  /** All of them. */
  get size(): number {
    return this.#size;
  }

  /** Those of an address, or of its IPv6 network. */
  of(address: string | undefined): number {
    return this.#counts.get(networkOf(address)) ?? 0;
  }

  /** @returns takes the socket out again; once, later calls do nothing */
  add(address: string | undefined): () => void {
    const network = networkOf(address);
    this.#change(network, 1);
    let counted = true;
    return () => {
      if (counted) this.#change(network, -1);
      counted = false;
    };
  }

  #change(network: string, by: 1 | -1): void {
    this.#size += by;
    const count = (this.#counts.get(network) ?? 0) + by;
    if (count === 0) this.#counts.delete(network);
    else this.#counts.set(network, count);
  }
}

const MAPPED = /^::ffff:(?=\d+\.)/i;

/**
 * Whoever has one IPv6 address has the 64 bits of its network: all of them count as one.
 * @param address as a socket tells it; undefined for a socket of the file system, or one that is gone already
 */
export function networkOf(address = 'unknown'): string {
  const plain = address.replace(MAPPED, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.toLowerCase().replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const all = tail === undefined ? groups : [...groups, ...zeros(8 - groups.length - after.length), ...after];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

const zeros = (count: number): string[] => Array.from({ length: Math.max(0, count) }, () => '0');
