/** Longest token, characters (code points): longer words come in several. */
const MOST_CHARACTERS = 6;

/** Splits a text as a model writes it: words with the space before them, long ones in pieces, punctuation apart. */
export function tokensOf(text: string): string[] {
  const words = text.match(/\s*[\p{L}\p{M}\p{N}'’]+|\s*[^\p{L}\p{M}\p{N}'’\s]|\s+$/gu) ?? [];
  return words.flatMap(pieces);
}

function pieces(word: string): string[] {
  const characters = Array.from(word);
  const space = characters.findIndex((character) => character.trim() !== '');
  const first = Math.max(space, 0) + MOST_CHARACTERS;
  const made = [characters.slice(0, first).join('')];
  for (let from = first; from < characters.length; from += MOST_CHARACTERS)
    made.push(characters.slice(from, from + MOST_CHARACTERS).join(''));
  return made;
}
