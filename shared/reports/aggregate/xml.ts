/**
 * Reads XML piece by piece and hands over each child of the root element as soon as it is complete, so that a report of
 * 30 MB is neither one string nor one tree. Parsed by `saxes`, which knows the five entities of XML and no others; a document type
 * is refused, and with it every entity that a document could define.
 */
import { SaxesParser } from 'saxes';
import {
  MAX_ATTRIBUTES,
  MAX_CHILD_ELEMENTS,
  MAX_OTHER_ELEMENTS,
  MAX_TEXT_CHARS,
  MAX_XML_DEPTH,
} from './limits.ts';

export interface XmlElement {
  /** Without the prefix that the root has; other prefixes stay, so that no extension is taken for the report's own. */
  readonly name: string;
  /** Without the blanks around it. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

export type XmlRoot =
  | {
      readonly ok: true;
      readonly namespace: string;
      /** Something is around it: one reporter opens a schema and never closes it. */
      readonly wrapped: boolean;
    }
  | { readonly ok: false; readonly why: string };

class XmlProblem extends Error {}

interface OpenElement {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

interface Reading {
  readonly parser: SaxesParser<{ xmlns: false }>;
  readonly rootName: string;
  namespace: string | undefined;
  /** Elements around the root that are open. */
  outer: number;
  /** Elements around the root so far. */
  outers: number;
  /** Of the root, with its colon. */
  prefix: string;
  /** Of the tag that is being read. */
  attributes: number;
  readonly open: OpenElement[];
  /** In the child of the root that is open. */
  elements: number;
  done: boolean;
}

/** Octets between two calls of the parser. */
const PIECE_BYTES = 64 * 1024;

/** Reads the first element of the name `rootName`. `onChild` may throw; what it throws passes through. */
export function readXml(bytes: Uint8Array, rootName: string, onChild: (child: XmlElement) => void): XmlRoot {
  const reading: Reading = {
    // Without namespaces: some reporters forget to declare the prefixes that they use.
    parser: new SaxesParser({ xmlns: false, position: true }),
    rootName,
    namespace: undefined,
    outer: 0,
    outers: 0,
    prefix: '',
    attributes: 0,
    open: [],
    elements: 0,
    done: false,
  };
  listen(reading, onChild);
  try {
    feed(reading, bytes);
  } catch (error) {
    if (error instanceof XmlProblem) return { ok: false, why: error.message };
    throw error;
  }
  const { namespace, done, outer } = reading;
  if (namespace === undefined) return { ok: false, why: 'the XML is no aggregate report' };
  if (!done) return { ok: false, why: 'the XML is cut off' };
  return { ok: true, namespace, wrapped: outer > 0 };
}

function listen(reading: Reading, onChild: (child: XmlElement) => void): void {
  const { parser, open } = reading;
  parser.on('error', () => {
    // The parser's own words may quote the document.
    throw new XmlProblem(`not well-formed XML (line ${parser.line})`);
  });
  parser.on('doctype', () => {
    throw new XmlProblem('the XML has a document type, and so perhaps entities');
  });
  parser.on('attribute', () => {
    reading.attributes += 1;
    if (reading.attributes > MAX_ATTRIBUTES) throw new XmlProblem('an element has too many attributes');
  });
  parser.on('opentag', (tag) => {
    reading.attributes = 0;
    if (open.length + reading.outer >= MAX_XML_DEPTH) throw new XmlProblem('the XML is nested too deep');
    if (reading.namespace === undefined && !openRoot(reading, tag.name, tag.attributes)) {
      reading.outer += 1;
      reading.outers += 1;
      if (reading.outers > MAX_OTHER_ELEMENTS) throw new XmlProblem('the XML is no aggregate report');
      return;
    }
    reading.elements = open.length === 1 ? 1 : reading.elements + 1;
    if (reading.elements > MAX_CHILD_ELEMENTS)
      throw new XmlProblem(`an element has more than ${MAX_CHILD_ELEMENTS} others in it`);
    open.push({ name: withoutPrefix(reading, tag.name), text: '', children: [] });
  });
  const keep = (piece: string): void => {
    const element = open.at(-1);
    if (element !== undefined && element.text.length < MAX_TEXT_CHARS)
      element.text += piece.slice(0, MAX_TEXT_CHARS - element.text.length);
  };
  parser.on('text', keep);
  parser.on('cdata', keep);
  parser.on('closetag', () => {
    const closed = open.pop();
    if (closed === undefined) {
      reading.outer -= 1;
      return;
    }
    const element = { name: closed.name, text: closed.text.trim(), children: closed.children };
    if (open.length === 0) reading.done = true;
    else if (open.length === 1) onChild(element);
    else open.at(-1)?.children.push(element);
  });
}

function openRoot(reading: Reading, name: string, attributes: Readonly<Record<string, string>>): boolean {
  const colon = name.indexOf(':');
  if (name.slice(colon + 1) !== reading.rootName) return false;
  reading.prefix = name.slice(0, colon + 1);
  const declaration = colon === -1 ? 'xmlns' : `xmlns:${name.slice(0, colon)}`;
  const namespace = Object.hasOwn(attributes, declaration) ? attributes[declaration] : undefined;
  reading.namespace = namespace?.trim() ?? '';
  return true;
}

function withoutPrefix({ prefix }: Reading, name: string): string {
  return prefix !== '' && name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

/** What follows the root is nobody's affair: some reporters append NULs or a signature. */
function feed(reading: Reading, bytes: Uint8Array): void {
  const decoder = new TextDecoder(encodingOf(bytes));
  let atStart = true;
  for (let at = 0; at < bytes.length && !reading.done; at += PIECE_BYTES) {
    let piece = decoder.decode(bytes.subarray(at, at + PIECE_BYTES), { stream: true });
    if (atStart) piece = piece.trimStart();
    atStart &&= piece === '';
    try {
      reading.parser.write(piece);
    } catch (error) {
      if (error instanceof XmlProblem && reading.done) return;
      throw error;
    }
  }
  // At its end the parser says what is still open.
  if (!reading.done) reading.parser.close();
}

/** XML 1.0 §4.3.3: by its first octets, else as it declares, else UTF-8. Octets that are none become U+FFFD. */
function encodingOf(bytes: Uint8Array): string {
  const [first = 0, second = 0] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first === 0x3c && second === 0) return 'utf-16le';
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 200)).toString('latin1');
  const declared = /^\s*<\?xml[^>]{0,150}?encoding\s*=\s*["'](iso-8859-1|windows-1252|us-ascii)["']/i.exec(
    start,
  );
  return declared === null ? 'utf-8' : 'windows-1252';
}

/** The first child of that name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** The text at a path of names, the first of each; undefined when there is none. */
export function textAt(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  let at = element;
  for (const name of path) at = childOf(at, name);
  return at?.text;
}
