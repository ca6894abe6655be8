import { isIP, type LookupFunction } from 'node:net';

/** Finds the same address for every name. */
export function pinnedLookup(address: string): LookupFunction {
  const family = isIP(address);
  return (_, options, callback) => {
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}
