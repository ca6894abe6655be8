import { JwtService } from '@nestjs/jwt';
import {
  MessageBody,
  type OnGatewayConnection,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';

/** The chat of the staff, over socket.io. */
@WebSocketGateway()
export class ChatGateway implements OnGatewayConnection {
  @WebSocketServer()
  private readonly server: Server;

  constructor(private readonly jwt: JwtService) {}

  async handleConnection(client: Socket): Promise<void> {
    const { token } = client.handshake.auth as { token?: string };
    await this.jwt.verifyAsync(token ?? '').catch(() => client.disconnect(true));
  }

  @SubscribeMessage('say')
  say(@MessageBody() text: string): void {
    this.server.emit('said', text);
  }
}
