/** What must hold for every kind of change, on every message. Throws with what was found. */
import { fileNames } from '../../../shared/mime/content-fields.ts';
import {
  type ContentChange,
  contentProblems,
  decodeBody,
  headerFields,
  type Message,
  type Part,
  parseMessage,
  type RewriteResult,
  rewriteContent,
  transitProblems,
} from '../../../shared/mime/index.ts';
import { apply, coverFault, differsOnlyIn } from './support.ts';

function fail(what: string): never {
  throw new Error(what);
}

export interface Rewritten {
  readonly before: Message;
  readonly after: Message;
  readonly result: RewriteResult;
}

/** Rewrites, and checks what holds for all: only the edited spans differ, and the outline tells what the message tells. */
export function rewriteChecked(
  bytes: Uint8Array,
  changes: readonly ContentChange[],
  options: { skipIfPresent: boolean; repair?: boolean } = { skipIfPresent: true },
): Rewritten {
  const before = parseMessage(bytes);
  const result = rewriteContent(before, changes, options);
  const output = apply(before, result.edits);
  const spans = result.edits.map(({ span, replacement }) => ({ ...span, bytesAfter: replacement.length }));
  if (!differsOnlyIn(bytes, output, spans)) fail('more differs than the edited spans');
  const after = parseMessage(output);
  const fault = coverFault(after);
  if (fault !== undefined) fail(`spans: ${fault}`);
  if (
    result.outcomes.some(({ kind }) => kind === 'edited') !== changes.length > 0 &&
    result.edits.length > 0
  ) {
    if (!options.repair && !result.outcomes.some(({ kind }) => kind === 'edited')) fail('edits of no change');
  }
  checkOutline(before, result, after);
  return { before, after, result };
}

function checkOutline(before: Message, { edits }: RewriteResult, after: Message): void {
  const told = transitProblems(before, edits);
  const real = contentProblems(after, before);
  const words = (list: readonly { kind: string; path: string }[]): string =>
    [...new Set(list.map(({ kind, path }) => (kind === 'long-line' ? kind : `${kind} ${path}`)))]
      .toSorted()
      .join();
  if (words(told) !== words(real)) fail(`the outline tells ${words(told)} and the message ${words(real)}`);
}

export function leaf(part: Part): boolean {
  return part.children.length === 0;
}

export function bodyOctets({ bytes }: Message, { body }: Part): string {
  return Buffer.from(bytes.subarray(body.start, body.end)).toString('latin1');
}

function headerOctets({ bytes }: Message, { header }: Part): string {
  return Buffer.from(bytes.subarray(header.start, header.end)).toString('latin1');
}

/** The parts are what they were, but for these, and each leaf is octet by octet what it was. */
export function checkRemoved(
  { before, after, result }: Rewritten,
  paths: readonly string[],
  note: string | undefined,
): void {
  const edited = result.outcomes.flatMap((outcome) => (outcome.kind === 'edited' ? outcome.parts : []));
  if (edited.length === 0) {
    if (result.edits.length > 0) fail('edits without an outcome');
    return;
  }
  const left = new Set(
    result.outcomes.flatMap((outcome) =>
      outcome.kind === 'edited' ? (outcome.left ?? []).map(({ path }) => path) : (outcome.path ?? []),
    ),
  );
  const goes = (part: Part | undefined): boolean =>
    part !== undefined && ((paths.includes(part.path) && !left.has(part.path)) || goes(part.parent));
  const kept = before.parts.filter((part) => leaf(part) && !goes(part));
  const now = after.parts.filter((part) => leaf(part) && !isOurs(after, part, note));
  const was = kept.map((part) => `${headerOctets(before, part)}|${bodyOctets(before, part)}`);
  const is = now.map((part) => `${headerOctets(after, part)}|${bodyOctets(after, part)}`);
  if (before.root.children.length > 0 && was.join('\n###\n') !== is.join('\n###\n')) {
    fail(`leaves were ${JSON.stringify(was)} and are ${JSON.stringify(is)}`);
  }
  for (const part of after.parts) {
    const multipart = part.contentType.mediaType.startsWith('multipart/');
    const was0 = before.parts.some(
      ({ contentType, children }) => contentType.mediaType.startsWith('multipart/') && children.length === 0,
    );
    if (multipart && leaf(part) && !was0) fail(`a multipart without parts: "${part.path}"`);
  }
}

function isOurs(after: Message, part: Part, note: string | undefined): boolean {
  const text = Buffer.from(decodeBody(after, part).bytes).toString('utf8').trim();
  const encoded = part.transferEncoding === 'quoted-printable' && part.disposition === 'inline';
  return encoded && (text === '' || text.replaceAll('\r', '') === note?.trim());
}

/** Each renamed part has that one name, in whatever way one looks for it; nothing else of the message has changed. */
export function checkRenamed({ before, after, result }: Rewritten, names: ReadonlyMap<string, string>): void {
  if (before.parts.length !== after.parts.length) fail('the parts are not the same');
  const [outcome] = result.outcomes;
  const left =
    outcome?.kind === 'edited'
      ? (outcome.left ?? [])
      : outcome === undefined
        ? []
        : [...names.keys()].map((path) => ({ path }));
  for (const [index, part] of after.parts.entries()) {
    const old = before.parts[index];
    if (old === undefined) continue;
    if (leaf(part) && bodyOctets(before, old) !== bodyOctets(after, part))
      fail(`the body of "${part.path}" changed`);
    if (old.contentType.mediaType !== part.contentType.mediaType) fail(`the type of "${part.path}" changed`);
    const name = names.get(part.path);
    if (name === undefined || left.some(({ path }) => path === part.path)) {
      if (headerOctets(before, old) !== headerOctets(after, part))
        fail(`the header of "${part.path}" changed`);
    } else {
      const end = name.slice(name.lastIndexOf('.'));
      const found = fileNames(after, part);
      if (!found.includes(name)) fail(`"${part.path}" is called ${JSON.stringify(found)}, not ${name}`);
      if (found.some((one) => !one.endsWith(end)))
        fail(`"${part.path}" is also called ${JSON.stringify(found)}`);
    }
  }
}

/** What is wrapped is there octet by octet, beside one notice. */
export function checkWrapped({ before, after, result }: Rewritten): void {
  if (result.outcomes[0]?.kind !== 'edited') fail(`not wrapped: ${JSON.stringify(result.outcomes[0])}`);
  if (after.root.contentType.mediaType !== 'multipart/mixed') fail('no multipart/mixed');
  const [, inner, more] = after.root.children;
  if (inner === undefined || more !== undefined) fail(`${after.root.children.length} parts`);
  if (!Buffer.from(decodeBody(after, inner).bytes).equals(before.bytes))
    fail('the message inside is another one');
  if (
    after.root.children.some(
      ({ children }) => children.length > 0 && children[0]?.parent?.path === inner.path,
    )
  ) {
    fail('the message inside was opened');
  }
  for (const name of ['from', 'date', 'message-id', 'received']) {
    const values = (message: Message): string =>
      headerFields(message.root.header, name)
        .map(({ value }) => Buffer.from(message.bytes).toString('latin1', value.start, value.end))
        .join('\n');
    if (values(before) !== values(after)) fail(`${name} was ${values(before)} and is ${values(after)}`);
  }
}

/** After a repair every leaf decodes to what it was, and lines are long only where nothing may be encoded. */
export function checkRepaired({ before, after }: Rewritten): void {
  if (before.parts.length !== after.parts.length) fail('the parts are not the same');
  for (const [index, part] of after.parts.entries()) {
    const old = before.parts[index];
    if (old === undefined || !leaf(part)) continue;
    const [was, is] = [
      Buffer.from(decodeBody(before, old).bytes),
      Buffer.from(decodeBody(after, part).bytes),
    ];
    if (!was.equals(is)) fail(`"${part.path}" decodes to ${is.length} other octets than ${was.length}`);
  }
}
