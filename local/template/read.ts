/**
 * CloudFormation's YAML, with its short tags in their long form: `!Ref X` is `{ Ref: X }`, `!GetAtt A.B` is
 * `{ Fn::GetAtt: [A, B] }`. CloudFormation reads YAML 1.1, where a bare `off` is false and a bare date is no text, and
 * takes neither aliases nor merge keys; so does this.
 */
import { isAlias, isScalar, isSeq, isMap as isYamlMap, LineCounter, type Node, parseDocument } from 'yaml';
import { isMap, TemplateError, type TemplateMap, type TemplateValue } from './types.ts';

/** CloudFormation's own limit for a template that lies in S3; a longer text is no template. */
const MAX_TEMPLATE_CHARACTERS = 1024 * 1024;
/** CloudFormation's templates nest a dozen levels; thousands would overflow the stack of whoever walks them. */
const MAX_DEPTH = 100;

const WITHOUT_PREFIX: ReadonlySet<string> = new Set(['!Ref', '!Condition']);
const FUNCTIONS: ReadonlySet<string> = new Set([
  '!And',
  '!Base64',
  '!Cidr',
  '!Equals',
  '!FindInMap',
  '!GetAtt',
  '!GetAZs',
  '!If',
  '!ImportValue',
  '!Join',
  '!Not',
  '!Or',
  '!Select',
  '!Split',
  '!Sub',
  '!Transform',
]);

type Place = (node: Node) => string;

function scalar(node: Node, place: Place): string | number | boolean | null {
  const value = isScalar(node) ? node.value : undefined;
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  throw new TemplateError(`${place(node)}: expected text, a number, true or false`);
}

/** What stands under a node's tag. */
function content(node: Node, place: Place, depth: number): TemplateValue {
  if (isAlias(node)) throw new TemplateError(`${place(node)}: CloudFormation takes no YAML aliases`);
  if (depth > MAX_DEPTH) throw new TemplateError(`${place(node)}: more than ${MAX_DEPTH} levels`);
  if (isSeq<Node>(node)) return node.items.map((item) => convert(item, place, depth + 1));
  if (!isYamlMap<Node, Node>(node)) return scalar(node, place);
  const entries = node.items.map(({ key, value }): [string, TemplateValue] => {
    if (isScalar(key) && key.source === '<<')
      throw new TemplateError(`${place(key)}: CloudFormation takes no YAML merge keys`);
    return [String(scalar(key, place)), convert(value, place, depth + 1)];
  });
  return Object.fromEntries(entries);
}

function convert(node: Node | null, place: Place, depth: number): TemplateValue {
  if (node === null) return null;
  const value = content(node, place, depth);
  const tag = 'tag' in node ? node.tag : undefined;
  if (tag === undefined || tag.startsWith('tag:yaml.org,2002:')) return value;
  if (WITHOUT_PREFIX.has(tag)) return { [tag.slice(1)]: value };
  if (!FUNCTIONS.has(tag)) throw new TemplateError(`${place(node)}: unknown tag ${tag}`);
  const name = `Fn::${tag.slice(1)}`;
  if (name !== 'Fn::GetAtt' || typeof value !== 'string') return { [name]: value };
  const dot = value.indexOf('.');
  return { [name]: dot === -1 ? [value] : [value.slice(0, dot), value.slice(dot + 1)] };
}

/** Reads a template, YAML or JSON. Throws TemplateError with the line. */
export function readTemplate(text: string): TemplateMap {
  if (text.length > MAX_TEMPLATE_CHARACTERS)
    throw new TemplateError('longer than CloudFormation takes a template');
  const lines = new LineCounter();
  const document = parseDocument<Node>(text, {
    version: '1.1',
    merge: false,
    lineCounter: lines,
    logLevel: 'silent',
  });
  const problem = document.errors[0];
  if (problem !== undefined) throw new TemplateError(problem.message.split('\n')[0] ?? 'not YAML');
  const place: Place = (node) => `line ${lines.linePos(node.range?.[0] ?? 0).line}`;
  const value = convert(document.contents, place, 0);
  if (!isMap(value)) throw new TemplateError('a template is a map of sections');
  return value;
}
