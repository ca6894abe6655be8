import { fileURLToPath, URL } from 'node:url';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

/** What a run makes and the next one may reuse; never committed. */
export const CACHE = folder('../.cache/machine/');
/** The servers we compare with, installed for the benchmark alone. */
export const PEERS = folder('../.cache/peers/');
export const RESULTS = folder('../results/');
/** Where the children's modules are. */
export const HERE = folder('./');
