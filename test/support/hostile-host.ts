import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  type INestApplication,
  Injectable,
  type ModuleMetadata,
  type NestInterceptor,
  SetMetadata,
  UnauthorizedException,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { map } from 'rxjs';
import { SkipThrottle, ThrottlerGuard, ThrottlerModule } from './throttler.js';

const PUBLIC = 'isPublic';
export const Public = () => SetMetadata(PUBLIC, true);
/** What lets Twilio pass the guards below. */
export const DECORATORS = [Public(), SkipThrottle()] as const;
const PREFIX = 'api';

interface Answer {
  status(code: number): Answer;
  header(name: string, value: string): Answer;
  send(body: unknown): unknown;
}

interface Question {
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** Refuses whatever has no token. */
@Injectable()
class JwtGuard implements CanActivate {
  constructor(
    private readonly jwt: JwtService,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.getAllAndOverride(PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const { headers } = context.switchToHttp().getRequest<Question>();
    try {
      this.jwt.verify(headers?.['authorization']?.replace('Bearer ', '') ?? '');
      return true;
    } catch {
      throw new UnauthorizedException();
    }
  }
}

/** Logs each request, sets a header behind the handler, and puts every answer into an envelope. */
@Injectable()
export class Envelope implements NestInterceptor {
  readonly seen: string[] = [];

  intercept(context: ExecutionContext, next: CallHandler) {
    this.seen.push(String(context.switchToHttp().getRequest<Question>().url));
    return next.handle().pipe(
      map((data: unknown) => {
        context.switchToHttp().getResponse<Answer>().header('x-handled', 'yes');
        return { data };
      }),
    );
  }
}

@Catch()
class JsonErrors implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const status = error instanceof HttpException ? error.getStatus() : 500;
    host
      .switchToHttp()
      .getResponse<Answer>()
      .status(status)
      .send({ error: String(error) });
  }
}

@Controller('orders')
class OrdersController {
  @Get()
  all() {
    return [42];
  }
}

/** Everything a strict backend has. */
export const HOSTILE: ModuleMetadata = {
  imports: [
    ThrottlerModule.forRoot([{ ttl: 600_000, limit: 10 }]),
    JwtModule.register({ secret: 'of the host' }),
  ],
  controllers: [OrdersController],
  providers: [
    { provide: APP_GUARD, useClass: ThrottlerGuard },
    { provide: APP_GUARD, useClass: JwtGuard },
    Envelope,
    { provide: APP_INTERCEPTOR, useExisting: Envelope },
    { provide: APP_FILTER, useClass: JsonErrors },
  ],
};

/** The `main.ts` of such a host; its global prefix is {@link PREFIX}. */
export function configure(app: INestApplication): void {
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
  app.enableCors({ origin: 'https://shop.example.com' });
  // Nest 12 has them of its own.
  const hardened = app as Partial<Pick<INestApplication, 'enableCsrfProtection' | 'useSecurityHeaders'>>;
  hardened.enableCsrfProtection?.call(app);
  hardened.useSecurityHeaders?.call(app);
}

/** Statuses of `count` requests to the host's own route, one after the other, with a token or without. */
export async function orders(
  { app, url }: { readonly app: INestApplication; readonly url: string },
  count: number,
  withToken: boolean,
): Promise<number[]> {
  const token = app.get(JwtService, { strict: false }).sign({ sub: 'somebody' });
  const headers: Record<string, string> = withToken ? { authorization: `Bearer ${token}` } : {};
  const statuses: number[] = [];
  for (let index = 0; index < count; index++) {
    const answer = await fetch(`${url}/${PREFIX}/v1/orders`, { headers });
    await answer.arrayBuffer();
    statuses.push(answer.status);
  }
  return statuses;
}

export const HOSTILE_HOST = { prefix: PREFIX, host: HOSTILE, configure } as const;
