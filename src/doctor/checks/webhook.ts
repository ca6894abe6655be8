import { parseTwiml, type TwimlElement } from '../../testing/twiml-parser.js';
import { type Check, failed, type Finding, ok, warning } from '../check.js';
import { type DoctorContext, type OfferedStream, webhookOf } from '../context.js';
import type { HttpAnswer } from '../network/http-probe.js';
import { networkProblem } from '../network/network-problem.js';
import { postSigned } from '../signed-post.js';
import { otherUrlOf } from '../wrong-url.js';

/** Twilio gives up after 15 s; a caller long before. */
const SLOW_MS = 5_000;

/** Whether a webhook that Twilio signed is answered with TwiML for a media stream. */
export const webhook: Check<DoctorContext> = {
  name: 'webhook',
  needs: ['reachable'],
  reads: ['TWILIO_AUTH_TOKEN'],
  async run(context): Promise<Finding> {
    const url = webhookOf(context);
    try {
      const answer = await postSigned(context, url, url);
      return await judged(context, url, answer);
    } catch (error) {
      return { status: 'failed', problems: [networkProblem(error, { url, variable: 'PUBLIC_URL' })] };
    }
  },
};

async function judged(context: DoctorContext, url: string, answer: HttpAnswer): Promise<Finding> {
  if (answer.status === 403) return refused(context, url);
  if (answer.status !== 200)
    return failed(`a call is answered ${answer.status} instead of TwiML`, 'look into the log of the host.');
  const twiml = readTwiml(answer.body);
  if (twiml === undefined)
    return failed(
      'a call is answered with something that is no TwiML',
      'point the proxy or tunnel at the host, and let nothing on the way change its answers.',
    );
  const stream = streamIn(twiml);
  if (stream === undefined)
    return failed(
      `a call is answered with <${twiml.children[0]?.name ?? 'Response'}> instead of a media stream`,
      'see whether the host is full (limits.maxStreams), and let CALL_ADMISSION admit a call of direction outbound-api without numbers.',
    );
  const misplaced = misplacedStream(stream.url, url, context.settings.publicUrl);
  if (misplaced !== undefined) return misplaced;
  context.stream = stream;
  if (answer.ms > SLOW_MS)
    return warning(
      `a call is answered after ${Math.round(answer.ms)} ms, in which the caller hears nothing`,
      'find out what CALL_ADMISSION or the rate store waits for.',
    );
  const how =
    context.settings.environment.TWILIO_AUTH_TOKEN === undefined ? 'an unsigned call' : 'a signed call';
  return ok(`${how} is answered with a media stream at ${stream.url} (${Math.round(answer.ms)} ms)`);
}

/** @returns what is wrong with the address of the stream, if anything */
function misplacedStream(streamUrl: string, url: string, publicUrl: string): Finding | undefined {
  const fix = `give the host PUBLIC_URL=${publicUrl} (option publicUrl), and start it again.`;
  if (!/^wss:/i.test(streamUrl) && /^https:/i.test(url))
    return failed(`the media stream is at ${streamUrl}: Twilio opens wss:// only`, fix);
  if (new URL(streamUrl).host === new URL(url).host) return undefined;
  return failed(`the media stream is at ${streamUrl}, and not at PUBLIC_URL`, fix);
}

async function refused(context: DoctorContext, url: string): Promise<Finding> {
  const { publicUrl, environment } = context.settings;
  if (environment.TWILIO_AUTH_TOKEN === undefined)
    return failed(
      'a call is refused with 403, as it is not signed',
      'set TWILIO_AUTH_TOKEN to the one that the host has.',
    );
  const other = await otherUrlOf(context, url);
  if (other?.kind === 'stripped')
    return failed(
      `a call is refused with 403: the proxy takes ${other.prefix} off the path, and the signature is for the whole one`,
      `let the proxy keep ${other.prefix}, and give the host that global prefix.`,
    );
  if (other !== undefined)
    return failed(
      `a call is refused with 403: the host takes signatures for ${other.origin}`,
      `give the host PUBLIC_URL=${publicUrl} (option publicUrl), and start it again.`,
    );
  return failed(
    'a call is refused with 403 though it is signed for PUBLIC_URL with TWILIO_AUTH_TOKEN',
    `give the host the same TWILIO_AUTH_TOKEN and PUBLIC_URL=${publicUrl}, start it again, and let no firewall, proxy or global guard of the host (option decorators) refuse its POSTs.`,
  );
}

function readTwiml(xml: string): TwimlElement | undefined {
  try {
    return parseTwiml(xml);
  } catch {
    return undefined;
  }
}

function streamIn({ children }: TwimlElement): OfferedStream | undefined {
  const stream = children
    .find(({ name }) => name === 'Connect')
    ?.children.find(({ name }) => name === 'Stream');
  const url = stream?.attributes['url'] ?? '';
  if (stream === undefined || !URL.canParse(url) || !/^wss?:/i.test(url)) return undefined;
  const parameters = stream.children
    .filter(({ name }) => name === 'Parameter')
    .map(({ attributes }) => [attributes['name'] ?? '', attributes['value'] ?? '']);
  return { url, parameters: Object.fromEntries(parameters) as Record<string, string> };
}
