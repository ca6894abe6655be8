import { readStreamVerb, type StreamVerb } from './stream-verb.js';
import { parseTwiml, type TwimlElement } from './twiml-parser.js';

/** Why a call ended, where TwiML ended it. */
export type TwimlEnd = 'hangup' | 'reject' | 'dial' | 'twiml-ran-out' | 'error';

/** A TwiML document and where it came from. */
export interface TwimlDocument {
  readonly url: string;
  readonly body: string;
}

/** The call that runs TwiML. */
export interface TwimlHost {
  /** True once nothing more is to be run. */
  readonly over: boolean;
  onVerb(verb: TwimlElement): void;
  onSay(text: string): void;
  onError(code: number, reason: string): void;
  /** Settles early when the call ends. */
  wait(ms: number): Promise<void>;
  /** Settles when the stream is over. */
  stream(verb: StreamVerb): Promise<void>;
  /** Settles with undefined when there is no usable answer, which it has reported. */
  request(url: string): Promise<TwimlDocument | undefined>;
}

/** What is left to do after a verb: nothing special, another document, or the end. */
type Step = { readonly next: TwimlDocument } | { readonly end: TwimlEnd } | undefined;
type Verb = (element: TwimlElement, document: TwimlDocument, host: TwimlHost) => Promise<Step>;

/** Spoken words last about this long, ms. */
const MS_PER_WORD = 300;
/** Length assumed for a recording, which is not fetched, ms. */
const PLAY_MS = 1000;
/** Real calls may redirect for ever; a test that does so has a bug. */
const MAX_DOCUMENTS = 1000;

const VERBS: Readonly<Record<string, Verb>> = {
  async Say(element, _document, host) {
    const text = element.text.replace(/\s+/g, ' ').trim();
    host.onSay(text);
    await host.wait(text.split(' ').length * MS_PER_WORD);
    return undefined;
  },
  async Play(_element, _document, host) {
    await host.wait(PLAY_MS);
    return undefined;
  },
  async Pause(element, _document, host) {
    await host.wait((Number(element.attributes.length ?? '1') || 1) * 1000);
    return undefined;
  },
  async Connect(element, document, host) {
    const [child, ...rest] = element.children;
    if (child?.name !== 'Stream' || rest.length > 0) {
      host.onError(12100, '<Connect> without exactly one <Stream>');
      return undefined;
    }
    const verb = readStreamVerb(child, document.url);
    if ('reason' in verb) host.onError(verb.code, verb.reason);
    else await host.stream(verb);
    const action = element.attributes.action;
    return action === undefined ? undefined : follow(action, document, host);
  },
  Redirect: (element, document, host) => follow(element.text.trim(), document, host),
  Hangup: () => Promise.resolve({ end: 'hangup' }),
  Reject: () => Promise.resolve({ end: 'reject' }),
  Dial: () => Promise.resolve({ end: 'dial' }),
};

async function follow(target: string, document: TwimlDocument, host: TwimlHost): Promise<Step> {
  if (host.over) return undefined;
  if (!URL.canParse(target, document.url)) {
    host.onError(11100, `malformed URL ${target}`);
    return { end: 'error' };
  }
  const next = await host.request(new URL(target, document.url).href);
  return next === undefined ? { end: 'error' } : { next };
}

/**
 * Runs a document and those it redirects to, verb after verb, as Twilio does.
 *
 * @returns why the TwiML ended the call; undefined when something else did, or other TwiML took over
 */
export async function runTwiml(first: TwimlDocument, host: TwimlHost): Promise<TwimlEnd | undefined> {
  let document = first;
  for (let count = 0; count < MAX_DOCUMENTS; count++) {
    const step = await runDocument(document, host);
    if (host.over || step === undefined) return undefined;
    if ('end' in step) return step.end;
    document = step.next;
  }
  host.onError(12100, 'endless <Redirect>');
  return 'error';
}

async function runDocument(document: TwimlDocument, host: TwimlHost): Promise<Step> {
  const response = parse(document.body, host);
  if (response === undefined) return { end: 'error' };
  for (const element of response.children) {
    if (host.over) return undefined;
    host.onVerb(element);
    const verb = Object.hasOwn(VERBS, element.name) ? VERBS[element.name] : undefined;
    if (verb === undefined) host.onError(12200, `unknown verb <${element.name}>`);
    const step = await verb?.(element, document, host);
    if (step !== undefined) return step;
  }
  return { end: 'twiml-ran-out' };
}

function parse(body: string, host: TwimlHost): TwimlElement | undefined {
  try {
    return parseTwiml(body);
  } catch (error) {
    host.onError(12100, error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
