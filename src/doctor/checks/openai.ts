import { resolveOpenAiAgentOptions } from '../../conversation/openai/openai.options.js';
import { INSTALL } from '../../conversation/openai/sdk.js';
import { openAiOptions } from '../../environment.js';
import { type Check, failed, type Finding, ok, skipped } from '../check.js';
import type { DoctorContext } from '../context.js';
import type { HttpAnswer, HttpProbe } from '../network/http-probe.js';
import { asked, at, codeOf, isInstalled, jsonOf, unexpected } from '../vendor-answer.js';

/** What is asked, and where. */
interface Question {
  readonly base: string;
  readonly model: string;
  readonly headers: { readonly authorization: string };
}

/**
 * Whether the key is valid and the model there: asked for by name, which costs nothing. Only a server that has no such
 * request is asked for an answer of one token.
 */
export const openAi: Check<DoctorContext> = {
  name: 'openai',
  needs: [],
  reads: ['OPENAI_API_KEY', 'OPENAI_MODEL', 'OPENAI_BASE_URL'],
  run({ settings: { environment }, vendors }) {
    const options = openAiOptions((name) => environment[name]);
    if (options === undefined)
      return skipped('OPENAI_API_KEY is not set: in the standalone host the demo agent answers');
    if (!isInstalled('openai'))
      return failed('the OpenAI SDK is not installed, which the host loads at its start', `run ${INSTALL}`);
    const { baseUrl: base, model, apiKey } = resolveOpenAiAgentOptions(options);
    return askForModel({ base, model, headers: { authorization: `Bearer ${apiKey}` } }, vendors);
  },
};

function askForModel(question: Question, vendors: HttpProbe): Promise<Finding> {
  const { base, model, headers } = question;
  const url = `${base}/models/${encodeURIComponent(model)}`;
  return asked(
    { url, variable: 'OPENAI_BASE_URL' },
    () => vendors.get(url, headers),
    (answer) => {
      const isUnknownRequest =
        [404, 405, 501].includes(answer.status) && openAiCode(answer) !== 'model_not_found';
      return isUnknownRequest ? askForToken(question, vendors) : judged(answer, question);
    },
  );
}

function askForToken(question: Question, vendors: HttpProbe): Promise<Finding> {
  const { base, model, headers } = question;
  const url = `${base}/chat/completions`;
  const body = { model, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1 };
  return asked(
    { url, variable: 'OPENAI_BASE_URL' },
    () => vendors.postJson(url, body, headers),
    (answer) => judged(answer, question),
  );
}

const openAiCode = (answer: HttpAnswer): string | undefined =>
  codeOf(at(jsonOf(answer), 'error', 'code'), at(jsonOf(answer), 'error', 'type'));

function judged(answer: HttpAnswer, { base, model }: Question): Finding {
  const code = openAiCode(answer);
  const isAnswer = jsonOf(answer) !== undefined;
  if (answer.status === 200 && isAnswer) return ok(`the key is valid, and model ${model} is there`);
  if (answer.status === 401)
    return failed(
      `${base} refuses the key (401${code === undefined ? '' : ` ${code}`})`,
      'set OPENAI_API_KEY to a valid key of the service at OPENAI_BASE_URL.',
    );
  if (code === 'model_not_found' || answer.status === 400)
    return failed(
      code === 'model_not_found'
        ? `there is no model ${model} for this key`
        : `${base} refuses model ${model} (400${code === undefined ? '' : ` ${code}`})`,
      'set OPENAI_MODEL to a model that this key can use, or give its project access to it.',
    );
  if (code === 'insufficient_quota')
    return failed("the account's quota is used up", 'add credit to the OpenAI account, or raise its limit.');
  if (answer.status === 404 || answer.status === 405 || answer.status === 200)
    return failed(
      `there are no chat completions at ${base}`,
      `set OPENAI_BASE_URL to the address that the service gives for OpenAI's protocol, which mostly ends with /v1, or leave it out.`,
    );
  return unexpected('OpenAI', answer, code);
}
