import { type CanActivate, type ExecutionContext, Injectable, Logger } from '@nestjs/common';
import { type SignedWebhook, TwilioSignatures } from './signature.js';

/** Lets only Twilio's requests through; everything else is answered 403. */
@Injectable()
export class TwilioSignatureGuard implements CanActivate {
  private readonly logger = new Logger('TwilioVoice');
  private told = false;

  constructor(private readonly signatures: TwilioSignatures) {}

  canActivate(context: ExecutionContext): boolean {
    const genuine = this.signatures.webhook(context.switchToHttp().getRequest<SignedWebhook>());
    if (!genuine && !this.told) {
      this.told = true;
      this.logger.warn(
        'A webhook was refused with 403, its signature is missing or wrong: is publicUrl the address Twilio calls, ' +
          'and authToken that of the account? More are not logged.',
      );
    }
    return genuine;
  }
}
