import { parseTwiml } from '../../../dist/testing/index.js';

const WEBHOOK_MS = 10_000;

/** Where a call's stream goes: told by the server itself, or by its TwiML as on a real number. */
export async function dial({ url, incomingUrl }, callSid) {
  if (incomingUrl === undefined) return { url, parameters: {} };
  const from = callSid.replace(/\D/g, '').slice(-10); // each call is another caller's
  const answer = await globalThis.fetch(incomingUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `CallSid=${callSid}&From=%2B1${from}&To=%2B15550002&Direction=inbound`,
    signal: globalThis.AbortSignal.timeout(WEBHOOK_MS),
  });
  const stream = find(parseTwiml(await answer.text()), 'Stream');
  const parameters = stream.children
    .filter(({ name }) => name === 'Parameter')
    .map(({ attributes }) => [attributes.name, attributes.value]);
  return { url: stream.attributes.url, parameters: Object.fromEntries(parameters) };
}

function find(element, name) {
  if (element.name === name) return element;
  for (const child of element.children) {
    const found = find(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
