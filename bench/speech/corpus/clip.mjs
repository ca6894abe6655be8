import { activeLevel, frameLevels, fromTheWire, onTheWire, RATE, scaled, telephoneBand } from '../sound.mjs';
import { speechSegments } from './labels.mjs';

const LEVEL_DB = -26;
/** Later speech cannot matter: whoever is not heard by then is missed, ms. */
const LONGEST_MS = 4_000;
const LATEST_ONSET_MS = 1_500;
/** Where the pauses are louder than that, nobody can say when speech begins, dB. */
const CLEAN_DB = 15;

/** As it would come through a telephone, with the times of its speech; undefined: it cannot be labelled. */
export function telephoneClip({ samples, ...clip }) {
  const band = telephoneBand(samples.subarray(0, LONGEST_MS * RATE));
  const level = activeLevel(band);
  if (!Number.isFinite(level)) return undefined;
  const telephone = fromTheWire(onTheWire(scaled(band, LEVEL_DB - level)));
  const segments = speechSegments(telephone);
  const floor = [...frameLevels(telephone)].sort((a, b) => a - b)[2] ?? 0;
  const usable =
    segments.length > 0 && segments[0].startMs <= LATEST_ONSET_MS && LEVEL_DB - floor >= CLEAN_DB;
  return usable ? { ...clip, samples: telephone, segments } : undefined;
}
