import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { type Environment, type EnvironmentProblem, inspectEnvironment } from '../environment.js';
import { UsageError } from './arguments.js';

const DEFAULT_FILE = '.env';

/** What the host is configured with, as far as the environment tells. */
export interface Settings {
  /** Without the variables that are wrong. */
  readonly environment: Environment;
  readonly problems: readonly EnvironmentProblem[];
  /** File that variables were read from, if any. */
  readonly file: string | undefined;
  /** Where Twilio reaches the host, without a slash at its end. */
  readonly publicUrl: string;
  /** Region and edge of Twilio's API, as its client reads them from the environment of the host. */
  readonly region: string | undefined;
  readonly edge: string | undefined;
}

/**
 * Reads the variables as the standalone host does: the environment comes before the file.
 * @param file undefined: `.env`, if there is one
 * @throws UsageError when a file that was asked for cannot be read
 */
export async function readSettings(
  variables: Readonly<Record<string, string | undefined>>,
  file: string | undefined,
): Promise<Settings> {
  const text = await textOf(file);
  const values = { ...parseEnv(text ?? ''), ...variables };
  const { environment, problems } = inspectEnvironment(values);
  const { PUBLIC_URL, PORT } = environment;
  return {
    environment,
    problems,
    file: text === undefined ? undefined : (file ?? DEFAULT_FILE),
    publicUrl: PUBLIC_URL ?? `http://127.0.0.1:${PORT}`,
    region: values['TWILIO_REGION'],
    edge: values['TWILIO_EDGE'],
  };
}

async function textOf(file: string | undefined): Promise<string | undefined> {
  try {
    return await readFile(file ?? DEFAULT_FILE, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (file === undefined && code === 'ENOENT') return undefined;
    throw new UsageError(`${file ?? DEFAULT_FILE} cannot be read (${code ?? 'unknown error'}).`);
  }
}
