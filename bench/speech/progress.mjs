/** Lines on stderr, so that stdout holds the report alone. */
export function note(text) {
  process.stderr.write(`${text}\n`);
}

/** Runs one task after the other; tells now and then how far it is. */
export async function inTurn(title, items, task) {
  const results = [];
  let toldAt = Date.now();
  for (const item of items) {
    results.push(await task(item));
    if (Date.now() - toldAt < 5_000) continue;
    toldAt = Date.now();
    note(`  ${title}: ${results.length} of ${items.length}`);
  }
  if (items.length > 0) note(`  ${title}: ${items.length} done`);
  return results;
}
