import { type Check, failed, type Finding, ok } from '../check.js';
import type { DoctorContext } from '../context.js';

/** Whether PUBLIC_URL is the address of the host, and not of one of its webhooks. */
export const publicUrl: Check<DoctorContext> = {
  name: 'public-url',
  needs: [],
  reads: ['PUBLIC_URL', 'PORT'],
  run({ settings, basePath }): Finding {
    const { pathname } = new URL(settings.publicUrl);
    const webhooks = new RegExp(`/${basePath}/[\\w-]+$`);
    if (webhooks.test(pathname))
      return failed(
        `PUBLIC_URL ends with ${pathname}, which the host adds itself`,
        `set PUBLIC_URL to ${settings.publicUrl.replace(webhooks, '')}.`,
      );
    const unset = settings.environment.PUBLIC_URL === undefined ? ' (PUBLIC_URL is not set)' : '';
    return ok(`${settings.publicUrl}${unset}`);
  },
};
