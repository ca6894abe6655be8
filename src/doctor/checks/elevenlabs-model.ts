import { type Check, failed, type Finding, ok, skipped, warning } from '../check.js';
import type { DoctorContext } from '../context.js';
import type { HttpAnswer } from '../network/http-probe.js';
import { asked, at, jsonOf, unexpected } from '../vendor-answer.js';
import { elevenLabsCode, optionsOf } from './elevenlabs.js';

const NAMED = 5;

/** Whether the model is known and speaks. */
export const elevenLabsModel: Check<DoctorContext> = {
  name: 'elevenlabs-model',
  needs: ['elevenlabs'],
  reads: ['ELEVENLABS_MODEL_ID'],
  run({ settings: { environment }, vendors }) {
    const options = optionsOf(environment);
    if (options === undefined) return skipped('ELEVENLABS_API_KEY is not set');
    const { apiKey, model, baseUrl } = options;
    const url = `${baseUrl}/v1/models`;
    return asked(
      { url, variable: 'ELEVENLABS_BASE_URL' },
      () => vendors.get(url, { 'xi-api-key': apiKey }),
      (answer) => judged(answer, model),
    );
  },
};

function judged(answer: HttpAnswer, model: string): Finding {
  const models = jsonOf(answer);
  if (answer.status === 401)
    return warning(
      'the key may not list models, so the model could not be checked',
      'give the key the permission to read models, or listen to a call to see that it speaks.',
    );
  if (answer.status !== 200 || !Array.isArray(models))
    return unexpected('ElevenLabs', answer, elevenLabsCode(answer));
  const speaking = models
    .filter((one) => at(one, 'can_do_text_to_speech') === true)
    .map((one) => String(at(one, 'model_id')));
  if (speaking.includes(model)) return ok(`model ${model} is known`);
  return failed(
    `ElevenLabs has no model ${model} that speaks`,
    `set ELEVENLABS_MODEL_ID to one of the account's (${speaking.slice(0, NAMED).join(', ')}), or leave it out.`,
  );
}
