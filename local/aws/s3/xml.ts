/** Writes the small XML documents that S3 answers with. Text is escaped here and nowhere else. */
import type { XmlNode } from './xml-reader.ts';

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A finished piece of XML, told apart from text that still has to be escaped. */
export interface XmlChild {
  readonly xml: string;
}

type Content = string | number | boolean | readonly XmlChild[];

function escapeText(text: string): string {
  // Control characters are legal in keys; S3 writes them as character references.
  return text.replace(/[&<>"'\p{Cc}]/gu, (char) => `&#x${char.charCodeAt(0).toString(16)};`);
}

function inner(content: Content): string {
  return typeof content === 'object'
    ? content.map((child) => child.xml).join('')
    : escapeText(String(content));
}

/** `<name>…</name>` around text (escaped) or finished pieces. `name` is a literal of this code or a name that was parsed. */
export function element(name: string, content: Content): XmlChild {
  return { xml: `<${name}>${inner(content)}</${name}>` };
}

/** An element that was read, written again: without its attributes and the space between its children. */
export function elementOf(node: XmlNode): XmlChild {
  return element(node.name, node.children.length === 0 ? node.text : node.children.map(elementOf));
}

/** A whole answer document in S3's namespace. */
export function document(name: string, content: Content): string {
  return `${XML_DECLARATION}<${name} xmlns="${NAMESPACE}">${inner(content)}</${name}>`;
}
