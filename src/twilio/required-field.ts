import { BadRequestException } from '@nestjs/common';

/** Twilio's have 34 characters; no more, as a signature does not tell where a field ends and the next one begins. */
const SID = /^[A-Z]{2}\w{1,32}$/;

/**
 * A field that a webhook cannot do without.
 * @throws BadRequestException that names it, also when it is called a Sid and is none
 */
export function requiredField(form: Readonly<Record<string, unknown>> | undefined, name: string): string {
  const value = form?.[name];
  if (typeof value !== 'string' || value === '') throw new BadRequestException(`${name} is missing`);
  if (name.endsWith('Sid') && !SID.test(value)) throw new BadRequestException(`${name} is no SID`);
  return value;
}
