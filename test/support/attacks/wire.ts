import { connect, type Socket } from 'node:net';

/** Header lines in order, duplicates allowed. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** What a server made of bytes. */
export interface RawAnswer {
  /** Of the status line; 0 where the connection was closed without one. */
  readonly status: number;
  readonly body: string;
}

/** Sends a whole request as it is, in bytes that no client would send, and waits for its answer. */
export function raw(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    const done = () => {
      socket.destroy();
      const [head = '', ...body] = text.split('\r\n\r\n');
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), body: body.join('\r\n\r\n') });
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.startsWith('HTTP/1.1 101')) done();
    });
    socket.on('end', done);
    socket.on('error', done);
  });
}

/** A connection that sends the beginning of a request, and then nothing. */
export function halfOpen(port: number, beginning: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(beginning, () => {
        resolve(socket);
      });
    });
    socket.on('error', () => undefined);
  });
}

/** A request of HTTP/1.1 after which the server closes the connection. */
export function request(
  line: string,
  headers: HeaderLines,
  body: string | Buffer = '',
  connection = 'close',
): Buffer {
  const host: HeaderLines = headers.some(([name]) => name === 'Host')
    ? []
    : [['Host', 'voice.example.com:8443']];
  const lines: HeaderLines = [...host, ...headers, ['Connection', connection]];
  const head = `${line} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
}

/** One frame of a client, as RFC 6455 section 5.2 has it. */
export function frame(
  opcode: number,
  payload: Buffer,
  { final = true, masked = true, reserved = 0 } = {},
): Buffer {
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  const length =
    payload.length < 126
      ? [payload.length]
      : payload.length < 65_536
        ? [126, payload.length >> 8, payload.length & 0xff]
        : [127, 0, 0, 0, 0, ...uint32(payload.length)];
  length[0]! |= masked ? 0x80 : 0;
  // A mask of zeros is as good as any: it changes nothing.
  return Buffer.concat([Buffer.from([first, ...length]), Buffer.alloc(masked ? 4 : 0), payload]);
}

const uint32 = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
