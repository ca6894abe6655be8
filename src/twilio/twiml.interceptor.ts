import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';

/** Says of what a handler returns that it is TwiML; of an error, which is none, it says nothing. */
@Injectable()
export class TwimlInterceptor implements NestInterceptor<string> {
  intercept(context: ExecutionContext, next: CallHandler<string>): Observable<string> {
    // Express and Fastify call it the same.
    const response = context.switchToHttp().getResponse<{ header(name: string, value: string): unknown }>();
    return next.handle().pipe(
      tap(() => {
        response.header('Content-Type', 'text/xml');
      }),
    );
  }
}
