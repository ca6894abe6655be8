import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';

/** The host's own sockets, by ws. */
@WebSocketGateway({ path: '/updates' })
export class UpdatesGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody() data: string): { event: string; data: string } {
    return { event: 'echo', data };
  }
}
