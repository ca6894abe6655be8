import type { TwimlElement } from './twiml-parser.js';

const MAX_PARAMETER = 500;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** A `<Stream>` inside `<Connect>`, found acceptable. */
export interface StreamVerb {
  readonly url: string;
  readonly name: string | undefined;
  readonly statusCallback: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What Twilio would refuse, with its error code. */
export interface TwimlFault {
  readonly code: number;
  readonly reason: string;
}

/** Reads a `<Stream>`, or says what Twilio finds wrong with it. */
export function readStreamVerb(element: TwimlElement, baseUrl: string): StreamVerb | TwimlFault {
  const url = resolveStreamUrl(element.attributes.url, baseUrl);
  if (typeof url !== 'string') return url;
  const { name, statusCallback, track } = element.attributes;
  if (track !== undefined && track !== 'inbound_track')
    return { code: 31941, reason: `unsupported track ${track}` };
  if (statusCallback !== undefined && !/^https?:\/\//.test(statusCallback))
    return { code: 12100, reason: `statusCallback is not an absolute URL: ${statusCallback}` };
  const parameters: Record<string, string> = {};
  for (const child of element.children) {
    const fault = readParameter(child, parameters);
    if (fault !== undefined) return fault;
  }
  return { url, name, statusCallback, parameters };
}

function readParameter(child: TwimlElement, into: Record<string, string>): TwimlFault | undefined {
  if (child.name !== 'Parameter') return { code: 12100, reason: `<${child.name}> inside <Stream>` };
  const { name, value } = child.attributes;
  if (name === undefined || value === undefined)
    return { code: 12100, reason: '<Parameter> without name or value' };
  if (name.length + value.length >= MAX_PARAMETER)
    return { code: 12100, reason: `<Parameter name="${name}"> has 500 characters or more` };
  into[name] = value;
  return undefined;
}

function resolveStreamUrl(source: string | undefined, baseUrl: string): string | TwimlFault {
  if (source === undefined || source === '') return { code: 31923, reason: '<Stream> without url' };
  if (!URL.canParse(source, baseUrl)) return { code: 31923, reason: `malformed URL ${source}` };
  const url = new URL(source, baseUrl);
  if (!/^[a-z]+:/i.test(source)) url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  if (url.search !== '') return { code: 31920, reason: `query string in the URL of <Stream>: ${url.search}` };
  if (url.protocol === 'wss:' || (url.protocol === 'ws:' && LOOPBACK.test(url.hostname)))
    return /^[a-z]+:/i.test(source) ? source : url.href;
  return { code: 31922, reason: `not wss: ${source}` };
}
