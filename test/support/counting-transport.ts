import { networkTransport, type Transport } from '../../src/testing/index.js';

export interface Answered {
  /** The last segment of the webhook's path. */
  readonly webhook: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A real network that writes down what Twilio sent and got. */
export class CountingTransport {
  /** Messages that were sent and received on streams. */
  sent = 0;
  received = 0;
  readonly answers: Answered[] = [];
  readonly transport: Transport;

  constructor() {
    const { post, connect } = networkTransport();
    this.transport = {
      post: async (url, form, headers) => {
        const answer = await post(url, form, headers);
        const webhook = new URL(url).pathname.split('/').at(-1) ?? '';
        this.answers.push({ webhook, contentType: '', ...answer } as Answered);
        return answer;
      },
      connect: (url, headers, events) => {
        const socket = connect(url, headers, {
          open: () => {
            events.open();
          },
          message: (data, isBinary) => {
            this.received++;
            events.message(data, isBinary);
          },
          close: (code, reason) => {
            events.close(code, reason);
          },
          error: (error) => {
            events.error(error);
          },
        });
        return {
          ...socket,
          send: (data) => {
            this.sent++;
            socket.send(data);
          },
        };
      },
    };
  }
}
