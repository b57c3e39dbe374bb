/** Writes the small XML documents that S3 answers with. Text is escaped here and nowhere else. */

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A finished piece of XML, told apart from text that still has to be escaped. */
export interface XmlChild {
  readonly xml: string;
}

function escapeText(text: string): string {
  // Control characters are legal in keys; S3 writes them as character references.
  return text.replace(/[&<>"'\p{Cc}]/gu, (char) => `&#x${char.charCodeAt(0).toString(16)};`);
}

/** `<name>…</name>` around text (escaped) or finished pieces. `name` is a literal of this code, never input. */
export function element(name: string, content: string | number | boolean | readonly XmlChild[]): XmlChild {
  const inner =
    typeof content === 'object' ? content.map((child) => child.xml).join('') : escapeText(String(content));
  return { xml: `<${name}>${inner}</${name}>` };
}

/** A whole answer document in S3's namespace. */
export function document(name: string, content: readonly XmlChild[]): string {
  return `${XML_DECLARATION}<${name} xmlns="${NAMESPACE}">${content.map((child) => child.xml).join('')}</${name}>`;
}
