import { postSigned } from './signed-post.js';
import type { DoctorContext } from './context.js';

/** The URL that a host takes signatures for, when it is not the one of PUBLIC_URL. */
export type OtherUrl =
  | { readonly kind: 'stripped'; readonly prefix: string }
  | { readonly kind: 'origin'; readonly origin: string };

/** Tries the usual mistakes: the host that answers a signature of its own URL tells which one that is. */
export async function otherUrlOf(context: DoctorContext, url: string): Promise<OtherUrl | undefined> {
  const { origin: own, pathname } = new URL(url);
  const prefix = new URL(context.settings.publicUrl).pathname.replace(/\/+$/, '');
  if (prefix !== '') {
    const stripped = own + pathname.slice(prefix.length);
    if (await isTaken(context, url, stripped)) return { kind: 'stripped', prefix };
  }
  for (const origin of originsLike(context)) {
    if (await isTaken(context, url, origin + pathname)) return { kind: 'origin', origin };
  }
  return undefined;
}

async function isTaken(context: DoctorContext, url: string, signedUrl: string): Promise<boolean> {
  return (await postSigned(context, url, signedUrl)).status === 200;
}

/** The defaults of a host that was given no URL, and the other scheme. */
function originsLike({ settings }: DoctorContext): readonly string[] {
  const { protocol, host, origin } = new URL(settings.publicUrl);
  const { PORT } = settings.environment;
  const other = protocol === 'https:' ? 'http:' : 'https:';
  const origins = [
    `http://127.0.0.1:${PORT}`,
    `http://localhost:${PORT}`,
    `http://127.0.0.1:3000`,
    `${other}//${host}`,
  ];
  return [...new Set(origins)].filter((one) => one !== origin);
}
