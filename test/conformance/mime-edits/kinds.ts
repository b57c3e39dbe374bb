/**
 * Each kind of change beside banner, footer, tag and field, with what it may do to a message and what it must. A judge
 * sees the message before and after through the reader of the tests alone, and says what is wrong.
 */
import type { ContentChange } from '../../../shared/mime/index.ts';
import { type Difference, differences, unmeant, without } from './differences.ts';
import { decodedBody, fieldValue, parameterOf, partsOf, type ReadPart, readMessage } from './reader.ts';

/** What the library says became of the change. */
export type Told = { readonly kind: 'edited' } | { readonly kind: 'untouched'; readonly reason: string };

export interface Kind {
  readonly name: string;
  /** What is asked of one message, if it has anything to ask for. */
  changesFor(message: ReadPart): readonly ContentChange[];
  /** What is wrong with a message that was edited. */
  judge(was: ReadPart, is: ReadPart, before: Buffer): readonly string[];
}

const named = (name: string) => (field: { readonly name: string }) => field.name === name;
const rawOf = (part: ReadPart, keep: (field: { readonly name: string }) => boolean): string =>
  part.fields
    .filter(keep)
    .map(({ raw }) => raw)
    .join('');

/** A field that most messages have, and that no policy is kept from: the one that readers show least. */
const FIELD = 'Subject';
const isField = named(FIELD.toLowerCase());

const setHeader: Kind = {
  name: 'a field is set',
  changesFor: () => [{ kind: 'setHeader', name: FIELD, value: 'another subject' }],
  judge(was, is) {
    const faults = unmeant(
      differences(was, is),
      ({ what, was: part }) => what === 'fields' && part.path === '',
    );
    const now = is.fields.filter(isField);
    const right = now.length === 1 && /^Subject: another subject\r?\n$/i.test(now[0]?.raw ?? '');
    const place = was.fields.findIndex(isField);
    if (!right) return [...faults, 'the field has not that value, once'];
    if (place !== -1 && is.fields.findIndex(isField) !== place) return [...faults, 'the field moved'];
    const others = (part: ReadPart): string => rawOf(part, (field) => !isField(field));
    return others(was) === others(is) ? faults : [...faults, 'other fields differ'];
  },
};

const removeHeader: Kind = {
  name: 'a field is removed',
  changesFor: () => [{ kind: 'removeHeader', name: FIELD }],
  judge(was, is) {
    const faults = unmeant(
      differences(was, is),
      ({ what, was: part }) => what === 'fields' && part.path === '',
    );
    const left = rawOf(was, (field) => !isField(field));
    return rawOf(is, () => true) === left ? faults : [...faults, 'what is left is not the other fields'];
  },
};

/** Parts that are attached, outside of what is signed or encrypted or attached as a whole. */
function attachedPaths(message: ReadPart): readonly string[] {
  return partsOf(message)
    .filter((part) => part.path !== '' && part.children.length === 0)
    .filter((part) => /^\s*attachment\b/i.test(fieldValue(part, 'content-disposition') ?? ''))
    .map(({ path }) => path);
}

const removeParts: Kind = {
  name: 'attachments are taken out',
  changesFor: (message) => {
    const paths = attachedPaths(message);
    return paths.length === 0 ? [] : [{ kind: 'removeParts', paths }];
  },
  judge(was, is) {
    const left = without(was, new Set(attachedPaths(was)));
    if (left === undefined) return emptyFaults(is);
    return unmeant(differences(left, is), isLineEndOfPart);
  },
};

/** RFC 2046 §5.1.1: a multipart has at least one part, so an empty text stays where all others are gone. */
function emptyFaults(is: ReadPart): readonly string[] {
  const [only, ...others] = is.children.length === 0 ? [is] : is.children;
  return others.length === 0 && only?.type === 'text/plain' && decodedBody(only).trim() === ''
    ? []
    : ['something is left of nothing'];
}

/**
 * A delimiter takes the line end before it along. Where that belongs to the delimiter above as well, there comes to be an empty
 * line in the preamble, or behind the last delimiter of an inner multipart: nobody shows either.
 */
function isLineEndOfPart({ what, was, is }: Difference): boolean {
  if (what !== 'glue') return false;
  const ends = (part: ReadPart): string =>
    part.glue
      .map((each, index) => (index === 0 || index === part.glue.length - 1 ? each.trim() : each))
      .join('\0');
  return ends(was) === ends(is);
}

const NOTE = 'A file was here: gr\u00fc\u00dfe.pdf\nAsk for it.';

const replaceParts: Kind = {
  name: 'an attachment makes place for a note',
  changesFor: (message) => {
    const [path] = attachedPaths(message);
    return path === undefined ? [] : [{ kind: 'removeParts', paths: [path], note: NOTE }];
  },
  judge(was, is) {
    const [path = ''] = attachedPaths(was);
    const left = without(was, new Set([path]), path) ?? was;
    const all = differences(left, is);
    const faults = unmeant(all, ({ what, was: part }) => part.path === path && what !== 'glue');
    const note = all.find(({ was: part }) => part.path === path)?.is;
    if (note === undefined) return [...faults, 'there is no note'];
    return [...faults, ...noteFaults(note)];
  },
};

function noteFaults(note: ReadPart): readonly string[] {
  if (note.type !== 'text/plain') return [`the note is ${note.type}`];
  const text = Buffer.from(decodedBody(note), 'latin1').toString('utf8').replaceAll('\r\n', '\n');
  const charset = parameterOf(note, 'charset');
  return text.trim() === NOTE && charset?.toLowerCase() === 'utf-8' ? [] : ['the note says something else'];
}

export const NEW_NAME = 'harmless \u2014 renamed.txt';

const renameParts: Kind = {
  name: 'attachments are renamed',
  changesFor: (message) => {
    const paths = attachedPaths(message);
    return paths.length === 0
      ? []
      : [{ kind: 'renameParts', names: new Map(paths.map((path) => [path, NEW_NAME])) }];
  },
  judge(was, is) {
    const paths = new Set(attachedPaths(was));
    const NAMED = /^content-(?:type|disposition)$/;
    const rest = (part: ReadPart): string => rawOf(part, ({ name }) => !NAMED.test(name));
    return unmeant(
      differences(was, is),
      ({ what, was: part, is: now }) =>
        what === 'fields' && paths.has(part.path) && rest(part) === rest(now) && part.type === now.type,
    );
  },
};

/** The fields of the notice that are the sender's own, octet by octet. */
const COPIED = /^(?:from|to|cc|date|message-id|in-reply-to|references|reply-to)$/;

const wrap: Kind = {
  name: 'the message is wrapped',
  changesFor: () => [{ kind: 'wrap', text: 'A notice.', html: '<p>A notice.</p>' }],
  judge(was, is, before) {
    const inner = is.children.at(-1);
    if (is.type !== 'multipart/mixed' || inner === undefined) return [`it is ${is.type}`];
    const faults: string[] = [];
    // RFC 2046 §5.2.1: a message that cannot travel as it is may not be encoded either, unless as a file.
    const travels = inner.type === 'message/rfc822' && inner.body === before.toString('latin1');
    const asFile =
      inner.type === 'application/octet-stream' && decodedBody(inner) === before.toString('latin1');
    if (!travels && !(asFile && cannotTravel(before)))
      faults.push('the message inside is not the one of before');
    const copied = (part: ReadPart): readonly string[] =>
      part.fields.filter(({ name }) => COPIED.test(name)).map(({ raw }) => raw.trimEnd());
    const kept = copied(was).every((raw) => copied(is).includes(raw));
    if (!kept || !copied(is).every((raw) => before.includes(Buffer.from(raw, 'latin1'))))
      faults.push('fields of the sender differ');
    if (is.fields.some(named('dkim-signature'))) faults.push('a signature of DKIM is on top');
    if (!partsOf(is).some((part) => part.type === 'text/plain' && decodedBody(part).includes('A notice.')))
      faults.push('the notice is not there');
    return faults;
  },
};

/** A NUL, a bare CR or LF, or a line over 998 octets (RFC 5322 §2.1.1, §2.3). */
function cannotTravel(message: Buffer): boolean {
  const text = message.toString('latin1');
  return /\0|\r(?!\n)|[^\r\n]{999}/.test(text) || (/\r\n/.test(text) && /[^\r]\n/.test(text));
}

const removeAmp: Kind = {
  name: 'AMP is removed',
  changesFor: (message) => (ampPaths(message).length === 0 ? [] : [{ kind: 'removeAmp' }]),
  judge: (was, is) => unmeant(differences(without(was, new Set(ampPaths(was))) ?? was, is), () => false),
};

function ampPaths(message: ReadPart): readonly string[] {
  return partsOf(message)
    .filter(({ type }) => type === 'text/x-amp-html')
    .map(({ path }) => path);
}

export const KINDS: readonly Kind[] = [
  setHeader,
  removeHeader,
  removeParts,
  replaceParts,
  renameParts,
  wrap,
  removeAmp,
];

/** What is wrong with a message that was edited in that way, as our own reader sees it. */
export function kindFaults(kind: Kind, before: Buffer, after: Buffer): readonly string[] {
  return kind.judge(readMessage(before), readMessage(after), before);
}
