/** One element of a TwiML document. */
export interface TwimlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly TwimlElement[];
  /** All text inside, that of nested elements included. */
  readonly text: string;
}

interface OpenElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: TwimlElement[];
  text: string;
}

const MAX_BYTES = 65_536;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
/** Comment, CDATA, processing instruction, tag, or text. */
const TOKEN =
  /<!--(?:(?!--)[\s\S])*-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
const ATTRIBUTE = /([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/**
 * Reads a TwiML document, strictly: well-formed, one `<Response>`, at most 64 kB.
 *
 * @throws Error naming the fault and its offset
 */
export function parseTwiml(xml: string): TwimlElement {
  if (Buffer.byteLength(xml) > MAX_BYTES) throw new Error('TwiML is larger than 64 kB');
  const root = new TreeBuilder().read(xml.replace(/^\uFEFF/, ''));
  if (root.name !== 'Response') throw new Error(`root element is <${root.name}>, not <Response>`);
  return root;
}

class TreeBuilder {
  readonly #open: OpenElement[] = [];
  #root: TwimlElement | undefined;

  read(xml: string): TwimlElement {
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < xml.length) {
      const at = TOKEN.lastIndex;
      const token = TOKEN.exec(xml);
      if (token === null) throw new Error(`not well-formed at offset ${at}: ${xml.slice(at, at + 20)}`);
      this.#take(token, at);
    }
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined) throw new Error(`<${unclosed.name}> is not closed`);
    if (this.#root === undefined) throw new Error('no element');
    return this.#root;
  }

  #take([whole, cdata, closing, name, attributes, empty, text]: RegExpExecArray, at: number): void {
    if (cdata !== undefined) this.#text(cdata, at);
    else if (text !== undefined) this.#text(decode(text), at);
    else if (whole.startsWith('<?') && at > 0) throw new Error(`processing instruction at offset ${at}`);
    else if (name !== undefined && closing === '/') this.#close(name, at);
    else if (name !== undefined) {
      this.#start(name, attributesOf(attributes ?? ''), at);
      if (empty === '/') this.#close(name, at);
    }
  }

  #start(name: string, attributes: Record<string, string>, at: number): void {
    if (this.#root !== undefined) throw new Error(`second root element at offset ${at}`);
    this.#open.push({ name, attributes, children: [], text: '' });
  }

  #close(name: string, at: number): void {
    const element = this.#open.pop();
    if (element?.name !== name)
      throw new Error(`</${name}> at offset ${at} closes <${element?.name ?? 'nothing'}>`);
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
  }

  #text(text: string, at: number): void {
    if (this.#open.length === 0 && text.trim() !== '')
      throw new Error(`text outside the root at offset ${at}`);
    for (const element of this.#open) element.text += text;
  }
}

function attributesOf(source: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = '', double, single] of source.matchAll(ATTRIBUTE)) {
    if (Object.hasOwn(attributes, name)) throw new Error(`attribute ${name} given twice`);
    attributes[name] = decode(double ?? single ?? '');
  }
  return attributes;
}

function decode(text: string): string {
  return text.replace(/&([^;\s&]*)(;?)/g, (whole, name: string, end: string) => {
    const code = /^#(?:(\d+)|x([\da-f]+))$/i.exec(name);
    if (end === '' || (code === null && !Object.hasOwn(ENTITIES, name)))
      throw new Error(`bad entity ${whole}`);
    if (code === null) return ENTITIES[name] ?? '';
    return String.fromCodePoint(code[1] === undefined ? parseInt(code[2] ?? '', 16) : parseInt(code[1], 10));
  });
}
