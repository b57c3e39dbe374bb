/**
 * A template of the same meaning in as few octets as YAML takes: each parameter, resource and output in one line. The packaged
 * template has a longest length; people read template.yaml, and the console's page, which shows the descriptions.
 */
import { isCollection, isPair, type Node, parseDocument, visit } from 'yaml';

/** Sections and what stands in them begin a line of their own. */
const LINES_DEPTH = 2;

/** A text of several lines has to stay one: in quotes it would be longer. */
function holdsBlock(node: Node): boolean {
  let found = false;
  visit(node, {
    Scalar(_key, { type }) {
      found ||= type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED';
    },
  });
  return found;
}

function putInLine(node: unknown, depth: number): void {
  if (!isCollection(node)) return;
  if (depth >= LINES_DEPTH && !holdsBlock(node)) {
    node.flow = true;
    return;
  }
  for (const item of node.items) putInLine(isPair(item) ? item.value : item, depth + 1);
}

/**
 * Within braces and brackets a comma needs no blank behind it. A quote begins a text where a value may begin; in the middle of
 * words it is an apostrophe.
 */
const PIECES = /(?<=[[{,:] ?|![A-Za-z]+ )(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*')|, (?=\S)/g;
const IN_LINE = /^ *(?:- )*[A-Za-z0-9:]+: (?:![A-Za-z]+ )?[[{].*$/gm;

function withoutBlanks(text: string): string {
  return text.replaceAll(IN_LINE, (line) =>
    line.replaceAll(PIECES, (piece) => (piece === ', ' ? ',' : piece)),
  );
}

/** Rewrites YAML 1.1. Whoever calls compares what it says. */
export function shortened(text: string): string {
  // Tags such as !Ref are CloudFormation's, and are kept as they stand.
  const document = parseDocument(text, { version: '1.1', merge: false, logLevel: 'silent' });
  putInLine(document.contents, 0);
  const options = { lineWidth: 0, indent: 1, indentSeq: false, flowCollectionPadding: false };
  return withoutBlanks(document.toString(options));
}
