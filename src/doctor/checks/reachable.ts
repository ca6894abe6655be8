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

/** What an answer means that this package does not give; the first that fits counts. */
interface Rule {
  readonly fits: (answer: HttpAnswer) => boolean;
  /** Follows "POST … is answered STATUS". */
  readonly means: (answer: HttpAnswer) => string;
  readonly fix: (context: DoctorContext) => string;
}

const statuses =
  (...those: readonly number[]) =>
  ({ status }: HttpAnswer): boolean =>
    those.includes(status);

const RULES: readonly Rule[] = [
  {
    fits: ({ headers }) => headers['ngrok-error-code'] !== undefined,
    means: ({ headers }) => ` by ngrok (${headers['ngrok-error-code'] ?? ''})`,
    fix: () => 'start the tunnel, or set PUBLIC_URL to the address it has now.',
  },
  {
    fits: ({ status }) => status >= 300 && status < 400,
    means: ({ headers }) =>
      `, a redirect${target(headers['location'])}: a media stream follows none, and a form is lost`,
    fix: () => 'set PUBLIC_URL to the address it leads to, or take the redirect out of the proxy.',
  },
  {
    fits: statuses(404),
    means: () => '',
    fix: notFoundFix,
  },
  {
    fits: statuses(401, 407),
    means: () => ' by something that wants a password, or by a global guard of the host that wants a token',
    fix: ({ basePath }) =>
      `take the password off /${basePath} in the proxy, or give the module what lets it pass the guard, such as { decorators: [Public()] }: Twilio's signature protects it.`,
  },
  {
    fits: statuses(429),
    means: () => ' by a rate limit, such as a ThrottlerGuard of the host',
    fix: ({ basePath }) =>
      `take /${basePath} out of the limit: in the host give the module { decorators: [SkipThrottle()] }; the module has limits of its own.`,
  },
  { fits: statuses(405), means: () => '', fix: () => 'let the proxy pass POST on.' },
  {
    fits: statuses(502, 503, 504),
    means: () => ': the proxy does not reach the host',
    fix: ({ settings }) =>
      `start the host, and point the proxy or tunnel at its port (PORT is ${settings.environment.PORT}).`,
  },
  { fits: ({ status }) => status >= 500, means: () => '', fix: () => 'look into the log of the host.' },
  {
    fits: () => true,
    means: () => ' without any signature: that is another server, or a page of the tunnel',
    fix: () => 'point the proxy or tunnel at the host, or correct PUBLIC_URL.',
  },
];

function judged(url: string, answer: HttpAnswer, context: DoctorContext): Finding {
  const { status, ms } = answer;
  if (status === 403 || status === 400) return ok(`${url} answers (${Math.round(ms)} ms)`);
  const rule = RULES.find(({ fits }) => fits(answer));
  return failed(`POST ${url} is answered ${status}${rule?.means(answer) ?? ''}`, rule?.fix(context) ?? '');
}

/** The base path is often taken for a part of PUBLIC_URL. */
function notFoundFix({ settings: { publicUrl }, basePath }: DoctorContext): string {
  const doubled = `/${basePath}`;
  if (publicUrl.endsWith(doubled))
    return `set PUBLIC_URL to ${publicUrl.slice(0, -doubled.length)}: the host adds ${doubled} itself.`;
  return `add the global prefix of the host, if it has one, to PUBLIC_URL (${publicUrl}/api, say), let the proxy pass the whole path on to the host, and give the doctor --base-path if the host has another one than ${basePath}.`;
}

/** Where a redirect leads, without its query. */
function target(location: string | undefined): string {
  const [place = ''] = (location ?? '').split(/[?#]/, 1);
  return place === '' ? '' : ` to ${place.slice(0, 200)}`;
}
