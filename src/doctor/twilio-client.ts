import type { Twilio } from 'twilio';
import type { DoctorContext } from './context.js';

/** Twilio's own client, loaded when it is needed; all it is asked for are GET requests. */
export async function twilioClient(
  { settings: { region, edge }, twilioApi, timeoutMs }: DoctorContext,
  accountSid: string,
  authToken: string,
): Promise<Twilio> {
  const { default: twilio } = await import('twilio');
  class DoctorClient extends twilio.RequestClient {
    override request<T>(options: Parameters<InstanceType<typeof twilio.RequestClient>['request']>[0]) {
      const uri = twilioApi === undefined ? options.uri : options.uri.replace(/^https:\/\/[^/]+/, twilioApi);
      return super.request<T>({ ...options, uri } as never);
    }
  }
  return twilio(accountSid, authToken, {
    httpClient: new DoctorClient({ timeout: timeoutMs }),
    ...(region === undefined ? {} : { region }),
    ...(edge === undefined ? {} : { edge }),
  });
}

/** What Twilio answered instead; undefined when it did not answer. */
export function restError(error: unknown): { readonly status: number; readonly code: number } | undefined {
  const { status, code } = Object(error) as { status?: unknown; code?: unknown };
  return typeof status === 'number' ? { status, code: typeof code === 'number' ? code : status } : undefined;
}
