/** Reads the XML that clients send: a few lines of configuration, the parts of an upload, the keys to delete. */
import { SaxesParser } from 'saxes';

/** Elements open at one time; a lifecycle rule needs six. Against: nesting without end. */
const MAX_DEPTH = 16;
/** Elements of one document; the 10,000 parts of an upload with four each. Against: millions of empty elements. */
const MAX_ELEMENTS = 60_000;

/** One element; namespaces do not matter here, so `name` is the local one. */
export interface XmlNode {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlNode[];
}

class XmlProblem extends Error {}

interface OpenNode {
  readonly name: string;
  text: string;
  readonly children: XmlNode[];
}

/** The root element; undefined when the text is not well-formed, has a document type, or passes a limit. */
export function parseXml(text: string): XmlNode | undefined {
  const parser = new SaxesParser({ xmlns: false, position: false });
  const open: OpenNode[] = [];
  let root: XmlNode | undefined;
  let elements = 0;
  const refuse = (why: string) => () => {
    throw new XmlProblem(why);
  };
  const keep = (piece: string): void => {
    const node = open.at(-1);
    if (node !== undefined) node.text += piece;
  };
  parser.on('error', refuse('not well-formed'));
  parser.on('doctype', refuse('a document type'));
  parser.on('opentag', (tag) => {
    elements += 1;
    if (open.length >= MAX_DEPTH || elements > MAX_ELEMENTS) throw new XmlProblem('too much');
    open.push({ name: tag.name.replace(/^.*:/, ''), text: '', children: [] });
  });
  parser.on('text', keep);
  parser.on('cdata', keep);
  parser.on('closetag', () => {
    const node = open.pop();
    if (node === undefined) return;
    const parent = open.at(-1);
    if (parent === undefined) root = node;
    else parent.children.push(node);
  });
  try {
    parser.write(text).close();
    return root;
  } catch (error) {
    if (error instanceof XmlProblem) return undefined;
    throw error;
  }
}

export function childrenOf(node: XmlNode, name: string): readonly XmlNode[] {
  return node.children.filter((child) => child.name === name);
}

/** The node at a path of element names, the first of each. */
export function nodeAt(node: XmlNode | undefined, ...path: readonly string[]): XmlNode | undefined {
  let at = node;
  for (const name of path) at = at?.children.find((child) => child.name === name);
  return at;
}

/** The text of the element at that path; undefined when there is none. */
export function textAt(node: XmlNode | undefined, ...path: readonly string[]): string | undefined {
  return nodeAt(node, ...path)?.text;
}
