import type { PipeTransform } from '@nestjs/common';

/** A webhook's form. A class would make the host's validation pipe strip what it does not know. */
export type Form = Readonly<Record<string, string>>;

/** Takes a webhook's body for a form: a field that came twice, or has a structure, says nothing. */
export const FORM: PipeTransform<unknown, Form> = {
  transform: (body) =>
    Object.fromEntries(
      Object.entries(Object(body) as object)
        .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
        .map(([name, value]) => [name, String(value)]),
    ),
};
