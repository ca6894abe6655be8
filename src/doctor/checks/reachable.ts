import { type Check, failed, type Finding, ok } from '../check.js';
import { type DoctorContext, webhookOf } from '../context.js';
import type { HttpAnswer } from '../network/http-probe.js';
import { networkProblem } from '../network/network-problem.js';

/** Whether this package answers at the webhook: DNS, TCP, TLS, the proxy, the path. */
export const reachable: Check<DoctorContext> = {
  name: 'reachable',
  needs: ['public-url'],
  reads: [],
  async run(context): Promise<Finding> {
    const url = webhookOf(context);
    let answer: HttpAnswer;
    try {
      answer = await context.http.postForm(url, {}); // without a call in it: a host answers 403 or 400
    } catch (error) {
      return { status: 'failed', problems: [networkProblem(error, { url, variable: 'PUBLIC_URL' })] };
    }
    return judged(url, answer, context);
  },
};

function judged(url: string, { status, headers, ms }: HttpAnswer, context: DoctorContext): Finding {
  if (status === 403 || status === 400) return ok(`${url} answers (${Math.round(ms)} ms)`);
  const at = `POST ${url} is answered`;
  const { PORT } = context.settings.environment;
  if (headers['ngrok-error-code'] !== undefined)
    return failed(
      `${at} ${status} by ngrok (${headers['ngrok-error-code']})`,
      'start the tunnel, or set PUBLIC_URL to the address it has now.',
    );
  if (status >= 300 && status < 400)
    return failed(
      `${at} ${status}, a redirect${target(headers['location'])}: a media stream follows none, and a form is lost`,
      'set PUBLIC_URL to the address it leads to, or take the redirect out of the proxy.',
    );
  if (status === 404)
    return failed(
      `${at} 404`,
      `let the proxy pass the whole path on to the host, and give the doctor --base-path if the host has another one than ${context.basePath}.`,
    );
  if (status === 401 || status === 407)
    return failed(
      `${at} ${status}`,
      `take the password off /${context.basePath} in the proxy: Twilio's signature protects it.`,
    );
  if (status === 405) return failed(`${at} 405`, 'let the proxy pass POST on.');
  if (status >= 502 && status <= 504)
    return failed(
      `${at} ${status}: the proxy does not reach the host`,
      `start the host, and point the proxy or tunnel at its port (PORT is ${PORT}).`,
    );
  if (status >= 500) return failed(`${at} ${status}`, 'look into the log of the host.');
  return failed(
    `${at} ${status} without any signature: that is another server, or a page of the tunnel`,
    'point the proxy or tunnel at the host, or correct PUBLIC_URL.',
  );
}

/** Where a redirect leads, without its query. */
function target(location: string | undefined): string {
  const [place = ''] = (location ?? '').split(/[?#]/, 1);
  return place === '' ? '' : ` to ${place.slice(0, 200)}`;
}
