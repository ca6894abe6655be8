/** Noise by the beginning of its name; `benign` counts against a detector without excuse. */
const GROUPS = [
  [/^(white|pink|hum|comfort|digital_silence|silence)/, 'steady noise', true],
  [/^office/, 'office', true],
  [/^traffic/, 'traffic', true],
  [/^typing/, 'typing', true],
  [/^clicks/, 'clicks', true],
  [/^breath/, 'breath', true],
  [/^(dtmf|ringback|busy)/, 'tones', true],
  [/^music/, 'hold music', true],
  [/^cough/, 'coughs', false],
  [/^laugh/, 'laughs', false],
  [/^babble/, 'babble', false],
  [/^echo/, 'agent echo', false],
];

export const noiseGroup = (name) => GROUPS.find(([pattern]) => pattern.test(name))?.[1] ?? 'other noise';

export const isBenign = (group) => GROUPS.some(([, name, benign]) => name === group && benign);

/** What interrupts, and so must not be missed. */
export const INTERRUPTIONS = ['real speech', 'synthetic speech', 'shouting'];
