import type { Problem } from '../check.js';

/** Where something was asked for. */
export interface Place {
  readonly url: string;
  /** Environment variable that says so. */
  readonly variable: string;
}

type Describe = (host: string, variable: string) => readonly [problem: string, fix: string];

const NAME: Describe = (host, variable) => [
  `the name ${host} cannot be resolved`,
  `create the DNS record of ${host}, or correct the name in ${variable}.`,
];
const UNREACHABLE: Describe = (host) => [
  `${host} cannot be connected to`,
  `open its port in the firewall, and check that DNS points to the right machine.`,
];
const BROKEN: Describe = (host) => [
  `${host} broke the connection without an answer`,
  `look into the log of the proxy or tunnel in front of the host: it may speak another protocol at that port.`,
];
const SLOW: Describe = (host) => [
  `${host} did not answer in time`,
  `check that the proxy reaches the host and the host is not overloaded: Twilio gives up after 15 s.`,
];
const UNTRUSTED: Describe = (host) => [
  `the certificate of ${host} is not signed by an authority that is trusted, or its chain is incomplete`,
  `install a certificate of a public authority together with its intermediate certificates (the full chain).`,
];
const NOT_TLS: Describe = (host, variable) => [
  `${host} does not speak TLS at that port`,
  `let the proxy terminate TLS there, or correct the port in ${variable}.`,
];

const BY_CODE: Readonly<Record<string, Describe>> = {
  ENOTFOUND: NAME,
  EAI_AGAIN: NAME,
  EAI_NODATA: NAME,
  ECONNREFUSED: (host, variable) => [
    `nothing listens at ${host}`,
    `start the host and the proxy or tunnel in front of it, or correct ${variable}.`,
  ],
  ETIMEDOUT: UNREACHABLE,
  UND_ERR_CONNECT_TIMEOUT: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ECONNRESET: BROKEN,
  EPIPE: BROKEN,
  UND_ERR_SOCKET: BROKEN,
  UND_ERR_HEADERS_TIMEOUT: SLOW,
  UND_ERR_BODY_TIMEOUT: SLOW,
  CERT_HAS_EXPIRED: (host) => [
    `the certificate of ${host} has expired`,
    `renew the certificate of ${host}, and let the proxy load it.`,
  ],
  CERT_NOT_YET_VALID: (host) => [
    `the certificate of ${host} is not valid yet`,
    `set the clock of the machine that made the certificate, or of this one.`,
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: (host, variable) => [
    `the certificate that ${host} shows is for other names`,
    `install a certificate for ${host}, or correct the name in ${variable}.`,
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
};

/** What a connection that failed means; of the error only its code is told. */
export function networkProblem(error: unknown, { url, variable }: Place): Problem {
  const code = codeOf(error);
  const describe = BY_CODE[code] ?? (/^(?:EPROTO|ERR_SSL_)/.test(code) ? NOT_TLS : undefined);
  const { host } = new URL(url);
  const [problem, fix] = describe?.(host, variable) ?? [
    `${host} cannot be used`,
    `check ${variable}, and the network between here and there.`,
  ];
  return { problem: code === '' ? problem : `${problem} (${code})`, fix };
}

/** @returns the innermost code of the error; '' when it has none that is one */
function codeOf(error: unknown, depth = 0): string {
  const { code, cause, errors } = Object(error) as { code?: unknown; cause?: unknown; errors?: unknown };
  const inner = Array.isArray(errors) ? (errors[0] as unknown) : cause;
  const deeper = inner === undefined || depth > 4 ? '' : codeOf(inner, depth + 1);
  if (deeper !== '') return deeper;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : '';
}
