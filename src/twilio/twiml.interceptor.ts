import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';

/** What Express and Fastify call the same. */
interface Answer {
  readonly statusCode: number;
  header(name: string, value: string): unknown;
  send(body?: unknown): unknown;
}

/**
 * Sends what a handler returns as TwiML, whatever the host's global interceptors, which come later, make of it: in an
 * envelope of JSON it would end the call. Of an error, which is none, it says nothing.
 */
@Injectable()
export class TwimlInterceptor implements NestInterceptor<string> {
  intercept(context: ExecutionContext, next: CallHandler<string>): Observable<string> {
    const answer = context.switchToHttp().getResponse<Answer>();
    return next.handle().pipe(
      tap((twiml) => {
        sendAs(twiml, answer);
      }),
    );
  }
}

function sendAs(twiml: string, answer: Answer): void {
  const send = answer.send.bind(answer);
  answer.send = (body) => {
    if (answer.statusCode >= 400) return send(body);
    answer.header('Content-Type', 'text/xml');
    return send(twiml);
  };
}
