import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { type Check, failed, type Finding, ok, warning } from '../check.js';
import type { DoctorContext } from '../context.js';

const NOT_PUBLIC = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  NOT_PUBLIC.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  NOT_PUBLIC.addSubnet(network, bits, 'ipv6');

/** Names that no public DNS has (RFC 2606, 6761, 6762, 8375). */
const NOT_PUBLIC_NAME = /^[^.]+$|\.(?:localhost|local|internal|lan|home\.arpa|test|example|invalid)$/i;

const FIX =
  'set PUBLIC_URL to an https:// address that the internet reaches, for example that of a tunnel to this host.';

/** Whether Twilio, which calls from the internet, can get there too. */
export const publicAddress: Check<DoctorContext> = {
  name: 'public-address',
  needs: ['reachable'],
  reads: [],
  async run({ settings, resolve }): Promise<Finding> {
    const host = new URL(settings.publicUrl).hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) === 0 ? NOT_PUBLIC_NAME.test(host) : isPrivate(host)) {
      const problem = `Twilio cannot reach ${host}: it is known on this machine or network only`;
      const { TWILIO_AUTH_TOKEN, TWILIO_ACCOUNT_SID } = settings.environment;
      const isTrial = TWILIO_AUTH_TOKEN === undefined && TWILIO_ACCOUNT_SID === undefined;
      return isTrial ? warning(problem, `for real calls, ${FIX}`) : failed(problem, FIX);
    }
    if (resolve !== undefined) return ok(`${host}; its DNS was not looked up (--resolve)`);
    const addresses = (await lookup(host, { all: true })).map(({ address }) => address);
    if (addresses.every(isPrivate))
      return warning(
        `${host} has a private address here (${addresses.join(', ')})`,
        'make sure that public DNS gives a public one.',
      );
    return ok(`${host} is ${addresses.join(', ')}`);
  },
};

const isPrivate = (address: string): boolean =>
  NOT_PUBLIC.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
