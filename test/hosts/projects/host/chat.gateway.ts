import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';

/** The host's own sockets, by socket.io. */
@WebSocketGateway()
export class ChatGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody() text: string): string {
    return text;
  }
}
