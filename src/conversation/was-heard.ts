/** Whether all of a text but its last word was heard: callers answer over that one. */
export function wasHeard(text: string, heard: string): boolean {
  const needed = letters(text.trim().replace(/\s+\S+$/, ''));
  return needed !== '' && letters(heard).includes(needed);
}

const letters = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, '');
