import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { type SignedWebhook, TwilioSignatures } from './signature.js';

/** Lets only Twilio's requests through; everything else is answered 403. */
@Injectable()
export class TwilioSignatureGuard implements CanActivate {
  constructor(private readonly signatures: TwilioSignatures) {}

  canActivate(context: ExecutionContext): boolean {
    return this.signatures.webhook(context.switchToHttp().getRequest<SignedWebhook>());
  }
}
