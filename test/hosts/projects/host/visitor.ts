import { once } from 'node:events';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { Seen } from './report.js';
import type { Settings } from './settings.js';

const ANSWER_MS = 5_000;
const WORDS = 'are you there';

/** Somebody who uses what the host has of its own. */
export class Visitor {
  private constructor(
    private readonly url: string,
    private readonly ask: (() => Promise<string>) | undefined,
    /** Leaves. */
    readonly close: () => void,
  ) {}

  static async of({ publicUrl: url, sockets }: Settings): Promise<Visitor> {
    if (sockets === 'none') return new Visitor(url, undefined, () => undefined);
    if (sockets === 'socket.io') {
      const client = io(url, { transports: ['websocket'], reconnection: false });
      const ask = () => client.timeout(ANSWER_MS).emitWithAck('echo', WORDS) as Promise<string>;
      return new Visitor(url, ask, () => client.close());
    }
    const client = new WebSocket(`${url.replace('http', 'ws')}/updates`);
    await once(client, 'open', { signal: AbortSignal.timeout(ANSWER_MS) });
    const ask = async () => {
      client.send(JSON.stringify({ event: 'echo', data: WORDS }));
      const [answer] = (await once(client, 'message', {
        signal: AbortSignal.timeout(ANSWER_MS),
      })) as [Buffer];
      return (JSON.parse(answer.toString()) as { data: string }).data;
    };
    return new Visitor(url, ask, () => {
      client.terminate();
    });
  }

  async look(): Promise<Seen> {
    return { order: await this.get('orders/latest'), echo: await this.ask?.() };
  }

  async get(path: string): Promise<string> {
    const answer = await fetch(`${this.url}/${path}`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return answer.ok ? answer.text() : `${answer.status}`;
  }

  /** Tries to open a WebSocket at a path that nobody serves. */
  unknownPath(): Promise<'refused' | 'opened' | 'unanswered'> {
    const client = new WebSocket(`${this.url.replace('http', 'ws')}/nowhere`);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ANSWER_MS, 'unanswered');
      const told = (what: 'refused' | 'opened') => {
        clearTimeout(timer);
        resolve(what);
      };
      client.on('open', () => {
        told('opened');
      });
      client.on('error', () => {
        told('refused');
      });
    });
  }
}
