import { failed, type Finding, warning } from './check.js';
import type { HttpAnswer } from './network/http-probe.js';
import { networkProblem, type Place } from './network/network-problem.js';

/** The body as JSON; undefined when it is none. */
export function jsonOf({ body }: HttpAnswer): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** A property of something that came from elsewhere. */
export const at = (value: unknown, ...names: readonly string[]): unknown =>
  names.reduce<unknown>((inner, name) => (Object(inner) as Record<string, unknown>)[name], value);

/** An error code of a vendor's: never free text, which may quote what was sent. */
export const codeOf = (...candidates: readonly unknown[]): string | undefined =>
  candidates.find((value): value is string => typeof value === 'string' && /^[\w+.-]{1,60}$/.test(value));

/** Asks a vendor; a connection that fails is a finding. */
export async function asked(
  place: Place,
  ask: () => Promise<HttpAnswer>,
  judge: (answer: HttpAnswer) => Finding | Promise<Finding>,
): Promise<Finding> {
  let answer: HttpAnswer;
  try {
    answer = await ask();
  } catch (error) {
    return { status: 'failed', problems: [networkProblem(error, place)] };
  }
  return judge(answer);
}

/** What is the same with all vendors. @param code of the error, as the vendor has it */
export function unexpected(vendor: string, { status }: HttpAnswer, code: string | undefined): Finding {
  const what = `${vendor} answers ${status}${code === undefined ? '' : ` ${code}`}`;
  if (status === 429)
    return warning(
      what,
      `wait a moment and run the doctor again; if it stays so, raise the limits of the ${vendor} account.`,
    );
  if (status >= 500) return failed(what, `look at the status page of ${vendor}, and run the doctor again.`);
  if (status === 403)
    return failed(
      what,
      `let the ${vendor} account do this: its plan, its region or the key's permissions do not.`,
    );
  return failed(what, `check the ${vendor} variables against .env.example.`);
}

/** Whether the host could load a package from here. */
export function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}
