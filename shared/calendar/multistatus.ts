/**
 * The answer to a CalDAV query (RFC 4918 §13, RFC 4791 §7.8): XML with one `response` for each resource, its iCalendar
 * text inside. Read by `saxes`, which knows the five entities of XML only; a document type is refused.
 */
import { SaxesParser } from 'saxes';
import type { Failure } from './outcome.ts';
import { failure } from './outcome.ts';

/** Elements open at one time; a multistatus needs six. Against: nesting without end. */
const MAX_DEPTH = 32;
/** Resources of one answer. Against: millions of empty responses. */
const MAX_RESPONSES = 50_000;

const DAV = 'DAV:';
const CALDAV = 'urn:ietf:params:xml:ns:caldav';

export type Multistatus = { readonly kind: 'resources'; readonly texts: readonly string[] } | Failure;

class XmlProblem extends Error {}

interface Reader {
  readonly path: string[];
  readonly texts: string[];
  responses: number;
  /** Text of the element that is open, when it is one that counts. */
  text: string;
  /** Of the propstat that is open. */
  data: string | undefined;
  propstatStatus: number | undefined;
  /** Of the response that is open. */
  found: string | undefined;
  missing: boolean;
  responseStatus: number | undefined;
  problem: Failure | undefined;
}

/** Reads a multistatus. A resource that the server would not show makes the whole a failure: it may be busy time. */
export function readMultistatus(xml: string): Multistatus {
  const reader: Reader = {
    path: [],
    texts: [],
    responses: 0,
    text: '',
    data: undefined,
    propstatStatus: undefined,
    found: undefined,
    missing: false,
    responseStatus: undefined,
    problem: undefined,
  };
  const seenRoot = parse(xml, reader);
  if (seenRoot !== `${DAV} multistatus`) return failure('unreadable', 'the answer is not a multistatus');
  return reader.problem ?? { kind: 'resources', texts: reader.texts };
}

/** Runs the parser over the text; the name of the root element, or undefined when it is not well-formed. */
function parse(xml: string, reader: Reader): string | undefined {
  const parser = new SaxesParser({ xmlns: true, position: false });
  let root: string | undefined;
  parser.on('error', (error) => {
    throw new XmlProblem(error.message);
  });
  parser.on('doctype', () => {
    throw new XmlProblem('a document type');
  });
  parser.on('opentag', (tag) => {
    const name = `${tag.uri} ${tag.local}`;
    root ??= name;
    reader.path.push(name);
    if (reader.path.length > MAX_DEPTH) throw new XmlProblem('nested too deep');
    open(reader, name);
  });
  parser.on('text', (text) => keep(reader, text));
  parser.on('cdata', (text) => keep(reader, text));
  parser.on('closetag', () => {
    close(reader, reader.path.at(-1) ?? '');
    reader.path.pop();
  });
  try {
    parser.write(xml).close();
    return root;
  } catch (error) {
    if (error instanceof XmlProblem) return undefined;
    throw error;
  }
}

function open(reader: Reader, name: string): void {
  reader.text = '';
  if (name === `${DAV} response`) {
    reader.responses += 1;
    if (reader.responses > MAX_RESPONSES) throw new XmlProblem('too many responses');
    reader.found = undefined;
    reader.missing = false;
    reader.responseStatus = undefined;
  } else if (name === `${DAV} propstat`) {
    reader.data = undefined;
    reader.propstatStatus = undefined;
  }
}

function keep(reader: Reader, text: string): void {
  const name = reader.path.at(-1);
  if (name === `${CALDAV} calendar-data` || name === `${DAV} status`) reader.text += text;
}

function close(reader: Reader, name: string): void {
  const parent = reader.path.at(-2);
  if (name === `${CALDAV} calendar-data` && parent === `${DAV} prop`) reader.data = reader.text;
  else if (name === `${DAV} status` && parent === `${DAV} propstat`)
    reader.propstatStatus = statusOf(reader.text);
  else if (name === `${DAV} status` && parent === `${DAV} response`)
    reader.responseStatus = statusOf(reader.text);
  else if (name === `${DAV} propstat`) closePropstat(reader);
  else if (name === `${DAV} response`) closeResponse(reader);
}

function closePropstat(reader: Reader): void {
  const status = reader.propstatStatus ?? 0;
  if (reader.data !== undefined && status >= 200 && status < 300) reader.found = reader.data;
  // A resource without this property is no calendar object.
  if (status === 404) reader.missing = true;
}

function closeResponse(reader: Reader): void {
  if (reader.found !== undefined) {
    reader.texts.push(reader.found);
    return;
  }
  const status = reader.responseStatus;
  // It went away between the search and the answer.
  if (status === 404 || (status === undefined && reader.missing)) return;
  // RFC 4791 §7.8, RFC 6352 §8.6.2: 507 for the collection says that not all resources are in the answer.
  reader.problem ??=
    status === undefined
      ? failure('unreadable', 'the server sent a resource without its calendar')
      : failure('failed', `the server answered ${status} for a resource`);
}

/** `HTTP/1.1 200 OK` -> 200; 0 when there is none. */
function statusOf(text: string): number {
  const match = /^\s*HTTP\/\d(?:\.\d)? (\d{3})/.exec(text);
  return Number(match?.[1] ?? 0);
}
