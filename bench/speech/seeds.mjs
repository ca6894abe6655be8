import { seededRandom } from '../../dist/testing/index.js';

/** FNV-1a. */
export function hash(text) {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.codePointAt(0), 0x01000193) >>> 0;
  return value;
}

/** Random numbers that depend on the name of what they are for alone, so that a case is the same in every run. */
export const randomOf = (name) => seededRandom(hash(name));

/** `count` of the list, the same ones in every run. */
export function sample(list, count, name) {
  const random = randomOf(name);
  return list
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ item }) => item);
}
