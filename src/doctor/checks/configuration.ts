import { type Check, type Finding, ok } from '../check.js';
import type { DoctorContext } from '../context.js';

/** Each variable for itself, and together. */
export const configuration: Check<DoctorContext> = {
  name: 'configuration',
  needs: [],
  reads: [],
  run({ settings: { environment, problems, file } }): Finding {
    if (problems.length > 0)
      return {
        status: 'failed',
        problems: problems.map(({ variable, message }) => ({
          problem: `${variable} is wrong or missing`,
          fix: `${variable} ${message}.`,
        })),
      };
    const { ELEVENLABS_API_KEY, OPENAI_API_KEY } = environment;
    const from = file === undefined ? 'the environment' : `the environment and ${file}`;
    const voice = ELEVENLABS_API_KEY === undefined ? 'the offline voice speaks' : 'ElevenLabs speaks';
    const agent = OPENAI_API_KEY === undefined ? 'the demo agent answers' : 'a language model answers';
    return ok(`read from ${from}; in the standalone host ${voice}, ${agent}`);
  },
};
