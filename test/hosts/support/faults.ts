import type { Report, Seen } from '../projects/host/report.js';
import type { Settings } from '../projects/host/settings.js';

/** p95 is below 500 ms; this machine starts other hosts meanwhile. */
const SILENT_MS = 1_000;
/** The end of a turn takes 700 ms of it. */
const ANSWERED_MS = 3_000;
const MS_PER_WORD = 300;
/** How far the history may be off here: a host that waits for a busy machine measures late. */
const WORDS_OFF = 2;
const ORDER = '{"number":42,"state":"on its way"}';
const GREETING = 'Hello, this is the shop';
const ANSWER = 'As I was about to say: Order 42 is on its way.';

/** @returns everything about a call that is not as it has to be */
export function faultsOf(report: Report, { sockets, voice }: Pick<Settings, 'sockets' | 'voice'>): string[] {
  const { clears, silentAfterMs, answeredAfterMs, history, violations, unknownPath } = report;
  const [greeting, , answer] = history;
  const wanted: readonly [boolean, string][] = [
    [clears === 1, `${clears} times clear`],
    [silentAfterMs <= SILENT_MS, `silent after ${silentAfterMs} ms`],
    [answeredAfterMs <= ANSWERED_MS, `answered after ${answeredAfterMs} ms`],
    [history.map(({ role }) => role).join() === 'agent,caller,agent', `history: ${JSON.stringify(history)}`],
    [greeting?.interrupted === true, 'the greeting was not interrupted'],
    [greeting?.text.startsWith(GREETING) === true, `greeting: ${greeting?.text}`],
    [greeting?.text.endsWith('today.') === false, 'all of the greeting was heard'],
    [answer?.text.trim() === ANSWER, `answer: ${answer?.text}`],
    [violations.length === 0, `violations: ${violations.join()}`],
    [unknownPath === 'refused', `a WebSocket at an unknown path was ${unknownPath}`],
  ];
  return [
    ...wanted.filter(([isRight]) => !isRight).map(([, fault]) => fault),
    ...(['before', 'during', 'after'] as const).flatMap((when) => unseen(report[when], sockets, when)),
    ...(voice === 'readable' ? unheard(report) : []),
  ];
}

function unseen({ order, echo }: Seen, sockets: Settings['sockets'], when: string): string[] {
  const wanted = sockets === 'none' ? undefined : 'are you there';
  return [
    ...(order === ORDER ? [] : [`its own HTTP ${when} the call: ${order}`]),
    ...(echo === wanted ? [] : [`its own sockets ${when} the call: ${echo}`]),
  ];
}

/** Where the history tells other words than the audio at the caller's ear. */
function unheard({ heardMs, history }: Report): string[] {
  return history
    .filter(({ role }) => role === 'agent')
    .flatMap(({ text }, index) => {
      const told = text.trim().split(/\s+/).length;
      const heard = (heardMs[index + 1] ?? 0) / MS_PER_WORD;
      return Math.abs(told - heard) <= WORDS_OFF ? [] : [`${heard} words were heard, ${told} told: ${text}`];
    });
}
