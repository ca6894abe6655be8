import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { isLocal, type ReceivedRequest } from './local-request.js';

/** Lets only requests through that were made on this machine, and by no proxy or web page; others are answered 403. */
@Injectable()
export class LoopbackGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return isLocal(context.switchToHttp().getRequest<ReceivedRequest>());
  }
}
