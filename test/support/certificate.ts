import { generateKeyPairSync, sign } from 'node:crypto';

/** A key and its certificate, as PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const ECDSA_WITH_SHA256 = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x06, 0x03, 0x55, 0x04, 0x03];
const SUBJECT_ALT_NAME = [0x06, 0x03, 0x55, 0x1d, 0x11];
const DAY_MS = 86_400_000;

/**
 * A certificate that signs itself (X.509 version 3, in DER), good from a day before `epochMs` for `days` from then on.
 * @param days a negative number makes one that has expired
 */
export function selfSigned(name: string, epochMs: number, days = 30): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(ECDSA_WITH_SHA256);
  const who = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(name)))));
  const validity = sequence(
    time(Math.min(epochMs, epochMs + days * DAY_MS) - DAY_MS),
    time(epochMs + days * DAY_MS),
  );
  const names = sequence(der(0x82, Buffer.from(name)));
  const extensions = der(0xa3, sequence(sequence(SUBJECT_ALT_NAME, der(0x04, names))));
  const version = der(0xa0, der(0x02, [2]));
  const serial = der(0x02, [1]);
  const publicInfo = publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(version, serial, algorithm, who, validity, who, publicInfo, extensions);
  const signature = der(0x03, [0], sign('sha256', body, privateKey));
  const base64 = sequence(body, algorithm, signature).toString('base64').replace(/.{64}/g, '$&\n');
  return {
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, ...parts: (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Uint8Array.from(part)));
  const { length } = content;
  const header = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...header]), content]);
}

const sequence = (...parts: (Uint8Array | readonly number[])[]): Buffer => der(0x30, ...parts);

/** UTCTime: good until 2049. */
function time(epochMs: number): Buffer {
  const digits = new Date(epochMs).toISOString().replace(/\D/g, '');
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
}
