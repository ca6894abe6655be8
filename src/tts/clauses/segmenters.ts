const known = new Map<string, Intl.Segmenter>();

/** @param language BCP 47; what is no language tag counts as English */
export function segmenter(language: string, granularity: 'sentence' | 'word'): Intl.Segmenter {
  const key = `${granularity} ${language}`;
  let found = known.get(key);
  if (found === undefined) {
    found = create(language, granularity);
    known.set(key, found);
  }
  return found;
}

function create(language: string, granularity: 'sentence' | 'word'): Intl.Segmenter {
  try {
    return new Intl.Segmenter(language, { granularity });
  } catch {
    return new Intl.Segmenter('en', { granularity });
  }
}

/** The language without script and region: `pt` for `pt-BR`. */
export const baseLanguage = (language: string): string => (language.split(/[-_]/)[0] ?? '').toLowerCase();
