import type { ApplicationConfig } from '@nestjs/core';

/** Nest keeps one gateway per class and path: a second module would answer the first one's sockets. */
const APPLICATIONS = new WeakSet<ApplicationConfig>();

/** @throws Error when the module is in that application already */
export function importedOnce(application: ApplicationConfig): void {
  if (APPLICATIONS.has(application))
    throw new Error(
      'TwilioVoiceModule is imported twice: call forRoot or forRootAsync once and share the result.',
    );
  APPLICATIONS.add(application);
}
