/**
 * YAML 1.2 text to a small tree that knows its places. Only the plain core of YAML is let through (maps with text
 * keys, lists, scalars, a few aliases): what a policy needs, and nothing that two readers could read differently.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
} from 'yaml';
import { type Place, quote, type Report } from './report.ts';
import { curlyQuoteHint, STAR_HINT, yamlProblems } from './yaml-errors.ts';

/** Characters. Time and memory of the YAML parser grow with the file; a real policy is far below this. */
export const MAX_SOURCE_CHARS = 256 * 1024;
/** Levels of nesting; the deepest key of the schema is at 7. Stops recursion on `[[[[…`. */
const MAX_DEPTH = 20;
/** Nodes after aliases are followed. Stops a few lines of nested aliases from standing for billions of nodes. */
const MAX_NODES = 50_000;
/** Anchors (`&name`). */
const MAX_ANCHORS = 50;

export type Scalar = string | number | boolean | null;

export interface MapEntry {
  readonly key: string;
  /** Where the key stands. */
  readonly keyPlace: Place;
  readonly value: Located | undefined;
}

/** A node of the file. Entries of a map are unique by key. A member is undefined where an error was reported already. */
export type Located = Place &
  (
    | { readonly kind: 'scalar'; readonly value: Scalar }
    | { readonly kind: 'list'; readonly items: readonly (Located | undefined)[] }
    | { readonly kind: 'map'; readonly entries: readonly MapEntry[] }
  );

interface Walk {
  readonly report: Report;
  place(offset: number, path: string): Place;
  readonly targets: ReadonlyMap<Alias, Node>;
  nodes: number;
  stopped: boolean;
}

/** The path of a member, as problems show it. */
function memberPath(path: string, key: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(key)) return `${path}[${quote(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** Characters that YAML 1.2 §5.1 does not print, and the mark that a decoder leaves where bytes were not UTF-8. */
function findBadCharacter(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is searched for.
  return text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd\ufffe\uffff]|\p{Surrogate}/u);
}

/** Binds every alias to the anchor before it, and refuses tags and too many anchors. */
function resolveAliases(
  contents: Node,
  report: Report,
  place: (offset: number) => Place,
): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  const visit = (node: unknown, depth: number): void => {
    if (depth > MAX_DEPTH) return; // `locate` reports it
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) targets.set(node, target);
      return;
    }
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return;
    const at = place(node.range?.[0] ?? 0);
    if (node.tag !== undefined)
      report.error(at, 'tags ("!…") have no meaning here; put text in quotes instead');
    if (node.anchor !== undefined) {
      if (anchors.size === MAX_ANCHORS) report.error(at, `more than ${MAX_ANCHORS} anchors`);
      if (anchors.size <= MAX_ANCHORS) anchors.set(node.anchor, node);
    }
    if (isSeq(node)) for (const item of node.items) visit(item, depth + 1);
    if (isMap(node)) {
      for (const pair of node.items) {
        visit(pair.key, depth + 1);
        visit(pair.value, depth + 1);
      }
    }
  };
  visit(contents, 0);
  return targets;
}

function locateMap(walk: Walk, node: Node, path: string, depth: number): MapEntry[] {
  const entries = new Map<string, MapEntry>();
  for (const pair of isMap(node) ? node.items : []) {
    const keyNode = pair.key;
    const raw = isScalar(keyNode) ? keyNode.value : undefined;
    const offset = isScalar(keyNode) ? (keyNode.range?.[0] ?? 0) : (node.range?.[0] ?? 0);
    if (typeof raw !== 'string') {
      walk.report.error(walk.place(offset, path), isAlias(keyNode) ? STAR_HINT : 'a key must be plain text');
      continue;
    }
    const keyPlace = walk.place(offset, memberPath(path, raw));
    const first = entries.get(raw);
    if (raw === '<<') walk.report.error(keyPlace, 'merge keys ("<<") are not supported; write the keys out');
    else if (first === undefined) {
      const value = locate(walk, pair.value, keyPlace.path, offset, depth + 1);
      entries.set(raw, { key: raw, keyPlace, value });
    } else {
      walk.report.error(keyPlace, `${quote(raw)} is given twice; first on line ${first.keyPlace.line}`);
    }
  }
  return [...entries.values()];
}

/** Undefined when something was wrong with the node itself, and reported. */
function locate(
  walk: Walk,
  node: unknown,
  path: string,
  parentAt: number,
  depth: number,
): Located | undefined {
  if (walk.stopped) return undefined;
  if (isAlias(node)) {
    const target = walk.targets.get(node);
    if (target !== undefined) return locate(walk, target, path, parentAt, depth);
    walk.report.error(
      walk.place(node.range?.[0] ?? parentAt, path),
      `${STAR_HINT}: ${quote(`*${node.source}`)}`,
    );
    return undefined;
  }
  const offset = isScalar(node) || isMap(node) || isSeq(node) ? (node.range?.[0] ?? parentAt) : parentAt;
  const at = walk.place(offset, path);
  walk.nodes++;
  if (depth > MAX_DEPTH || walk.nodes > MAX_NODES) {
    walk.report.error(at, depth > MAX_DEPTH ? 'nested too deep' : 'too large once its aliases are followed');
    walk.stopped = true;
    return undefined;
  }
  if (isMap(node)) return { ...at, kind: 'map', entries: locateMap(walk, node, path, depth) };
  if (isSeq(node)) {
    const items = node.items.map((item, i) => locate(walk, item, `${path}[${i}]`, offset, depth + 1));
    return { ...at, kind: 'list', items };
  }
  const value = isScalar(node) ? node.value : null;
  if (isScalar(node) && node.type === 'PLAIN' && typeof value === 'string') {
    const hint = curlyQuoteHint(value);
    if (hint !== undefined) walk.report.warn(at, hint);
  }
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return { ...at, kind: 'scalar', value: known ? value : null };
}

/** Undefined when the text is nested so deep that the parser's recursion ends at the stack. */
function parse(text: string, counter: LineCounter): Document.Parsed<ParsedNode> | undefined {
  try {
    return parseText(text, counter);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}

function parseText(text: string, counter: LineCounter): Document.Parsed<ParsedNode> {
  return parseDocument(text, {
    lineCounter: counter,
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    stringKeys: true,
    uniqueKeys: false, // `locateMap` checks: in linear time, and naming the first line
    prettyErrors: false,
    logLevel: 'error',
  });
}

/** Whether a line could be one of the top-level keys (words), in block or flow style. */
function hasKeyLine(text: string, keys: readonly string[]): boolean {
  return new RegExp(`^[ {"']{0,9}(?:${keys.join('|')})["']?[ \\t]{0,9}:`, 'm').test(text);
}

function foreignText(keys: readonly string[]): string {
  return `this is not a policy: none of its keys (${keys.join(', ')}) stands at the top level`;
}

/**
 * Reads the text; undefined when it is not a policy's kind of YAML, and then at least one error was reported. With
 * `topKeys`, the keys of a policy, a text that has none of them is called none.
 */
export function readSource(source: string, report: Report, topKeys?: readonly string[]): Located | undefined {
  // An editor shows no byte order mark, so it counts for no column.
  const text = source.startsWith('\ufeff') ? source.slice(1) : source;
  const start: Place = { line: 1, column: 1, path: '' };
  if (text.length > MAX_SOURCE_CHARS) {
    report.error(start, `larger than ${MAX_SOURCE_CHARS / 1024} K characters`);
    return undefined;
  }
  const bad = findBadCharacter(text);
  if (bad >= 0) {
    const lines = text.slice(0, bad).split('\n');
    const at = { line: lines.length, column: (lines.at(-1) ?? '').length + 1, path: '' };
    report.error(at, 'a character that does not belong into a text file; save the file as UTF-8');
    return undefined;
  }
  const counter = new LineCounter();
  const document = parse(text, counter);
  if (document === undefined) {
    report.error(start, 'nested too deep');
    return undefined;
  }
  const place = (offset: number, path = ''): Place => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1), path };
  };
  if (document.errors.length > 0 && topKeys !== undefined && !hasKeyLine(text, topKeys)) {
    // The parser's errors about a text that was never meant to be one would only bury this.
    report.error(start, foreignText(topKeys));
    return undefined;
  }
  for (const { offset, message } of yamlProblems(document, text, (at) => place(at).line))
    report.error(place(offset), message);
  if (document.directives.yaml.explicit === true) report.error(start, 'remove the %YAML line');
  if (document.errors.length > 0) return undefined;
  if (document.contents === null) {
    report.error(start, 'the policy is empty');
    return undefined;
  }
  const targets = resolveAliases(document.contents, report, place);
  const walk: Walk = { report, place, targets, nodes: 0, stopped: false };
  const root = locate(walk, document.contents, '', 0, 0);
  if (topKeys !== undefined && root?.kind === 'map' && root.entries.length > 0) {
    const known = root.entries.some(({ key }) => topKeys.includes(key));
    if (!known) report.error(start, foreignText(topKeys));
  }
  return root;
}
