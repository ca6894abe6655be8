export interface DemoArguments {
  /** Plays the bug: no pacing, and no `clear` ever leaves. */
  readonly withoutClear: boolean;
  readonly help: boolean;
}

export const USAGE = [
  'npm run demo                      a call whose caller interrupts twice; the agent stops at once',
  'npm run demo -- --without-clear   the same call with the bug: the agent talks on for seconds',
  '',
  'Each run takes about 40 seconds and writes a stereo WAV to demo-output/:',
  'left the caller, right what the caller heard. NO_COLOR=1 turns colours off.',
].join('\n');

/** @throws Error that names the unknown argument */
export function readArguments(words: readonly string[]): DemoArguments {
  const known = ['--without-clear', '--help', '-h'];
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) throw new Error(`Unknown argument ${unknown}\n\n${USAGE}`);
  return {
    withoutClear: words.includes('--without-clear'),
    help: words.includes('--help') || words.includes('-h'),
  };
}
