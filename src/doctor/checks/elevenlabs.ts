import { elevenLabsOptions, type Environment } from '../../environment.js';
import {
  type ResolvedElevenLabsOptions,
  resolveElevenLabsOptions,
} from '../../tts/elevenlabs/elevenlabs.options.js';
import { INSTALL } from '../../tts/elevenlabs/sdk.js';
import { type Check, failed, type Finding, ok, skipped, warning } from '../check.js';
import type { DoctorContext } from '../context.js';
import type { HttpAnswer } from '../network/http-probe.js';
import { asked, at, codeOf, isInstalled, jsonOf, unexpected } from '../vendor-answer.js';

const DEFAULT_URL = 'https://api.elevenlabs.io';

/** Whether the key is valid, and the voice one that it can use. It speaks nothing, and so costs nothing. */
export const elevenLabs: Check<DoctorContext> = {
  name: 'elevenlabs',
  needs: [],
  reads: ['ELEVENLABS_API_KEY', 'ELEVENLABS_VOICE_ID', 'ELEVENLABS_BASE_URL'],
  run({ settings: { environment }, vendors }) {
    const options = optionsOf(environment);
    if (options === undefined)
      return skipped(
        'ELEVENLABS_API_KEY is not set: in the standalone host the offline voice speaks, and nothing is transcribed',
      );
    if (!isInstalled('elevenlabs'))
      return failed(
        'the ElevenLabs SDK is not installed, which the host loads at its start',
        `run ${INSTALL}`,
      );
    const { apiKey, voiceId, baseUrl } = options;
    const url = `${baseUrl}/v1/voices/${encodeURIComponent(voiceId)}`;
    return asked(
      { url, variable: 'ELEVENLABS_BASE_URL' },
      () => vendors.get(url, { 'xi-api-key': apiKey }),
      (answer) => judged(answer, voiceId, baseUrl),
    );
  },
};

/** The options that the host has by these variables; undefined without a key. */
export function optionsOf(environment: Environment): ResolvedElevenLabsOptions | undefined {
  const options = elevenLabsOptions((name) => environment[name]);
  return options === undefined ? undefined : resolveElevenLabsOptions(options);
}

/** The code of an error; older bodies have it in `status`. */
export const elevenLabsCode = (answer: HttpAnswer): string | undefined =>
  codeOf(at(jsonOf(answer), 'detail', 'code'), at(jsonOf(answer), 'detail', 'status'));

function judged(answer: HttpAnswer, voiceId: string, base: string): Finding {
  const code = elevenLabsCode(answer);
  if (answer.status === 200 && at(jsonOf(answer), 'voice_id') === voiceId)
    return ok(`the key is valid, and voice ${voiceId} is there`);
  if (answer.status === 401 && code === 'missing_permissions')
    return warning(
      'the key may not read voices, so the voice could not be checked',
      'give the key the permission to read voices, or listen to a call to see that it speaks.',
    );
  if (answer.status === 401)
    return failed(
      `ElevenLabs refuses the key (401${code === undefined ? '' : ` ${code}`})`,
      'set ELEVENLABS_API_KEY to a valid key from the ElevenLabs settings, and ELEVENLABS_BASE_URL to the region it is for.',
    );
  if (code === 'voice_not_found' || answer.status === 422 || (answer.status === 400 && code !== undefined))
    return failed(
      `the account has no voice ${voiceId}`,
      'set ELEVENLABS_VOICE_ID to the id (not the name) of a voice in "My voices" of the account.',
    );
  if (answer.status === 404 || answer.status === 200)
    return failed(
      `there is no ElevenLabs API at ${base}`,
      `set ELEVENLABS_BASE_URL to ${DEFAULT_URL} or the host of another region, without a path, or leave it out.`,
    );
  return unexpected('ElevenLabs', answer, code);
}
