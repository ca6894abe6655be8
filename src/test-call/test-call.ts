import { writeFile } from 'node:fs/promises';
import { SystemClock } from '../call/system-clock.js';
import { readSettings } from '../doctor/settings.js';
import { networkTransport } from '../testing/network-transport.js';
import { SimulatedCall } from '../testing/simulated-call.js';
import { stereoRecording } from '../testing/stereo-recording.js';
import type { TestCallArguments } from './arguments.js';
import { rerouted } from './rerouted.js';
import { TestCaller, type TestCallResult } from './test-caller.js';

/**
 * Calls a running host through a simulated Twilio, in real time.
 * @param tell takes each thing that happens, with its time in the call
 * @throws UsageError when a file that was asked for cannot be read
 */
export async function placeTestCall(
  { url: wanted, from, to, keys, wav, envFile }: TestCallArguments,
  variables: Readonly<Record<string, string | undefined>>,
  tell: (line: string) => void,
): Promise<TestCallResult> {
  const settings = await readSettings(variables, envFile);
  const { TWILIO_AUTH_TOKEN: authToken, TWILIO_ACCOUNT_SID: accountSid } = settings.environment;
  const url = wanted ?? `${settings.publicUrl}/voice/incoming`;
  const publicUrl = settings.environment.PUBLIC_URL ?? url;
  tell(`Calling ${url}`);
  const clock = new SystemClock();
  const call = new SimulatedCall({
    clock,
    transport: rerouted(networkTransport(), publicUrl, url),
    ...(authToken === undefined ? {} : { authToken }),
    ...(accountSid === undefined ? {} : { accountSid }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  });
  const startMs = clock.now();
  const caller = new TestCaller(call, clock, keys, (line) => {
    tell(`${((clock.now() - startMs) / 1000).toFixed(1).padStart(5)} s  ${line}`);
  });
  const { pathname, search } = new URL(url);
  const result = await caller.play(new URL(`${pathname}${search}`, publicUrl).href);
  if (wav !== undefined) await writeFile(wav, stereoRecording(call, startMs, clock.now()));
  return result;
}
