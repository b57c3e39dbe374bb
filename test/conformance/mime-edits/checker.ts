/** That a message which was changed differs from what it was only as was meant. Uses nothing of `shared/mime`. */
import { TextDecoder } from 'node:util';
import { type ChangeSet, type Claim, NEW_FIELD } from './changes.ts';
import { insertionFault, type Wanted } from './insertions.ts';
import {
  decodedBody,
  fieldValue,
  linesOf,
  parameterOf,
  partsOf,
  type ReadField,
  type ReadPart,
  readMessage,
} from './reader.ts';

/** All that is wrong, each with the place. None: the change is what it claims to be. */
export function faultsOf(
  before: Uint8Array,
  after: Uint8Array,
  set: ChangeSet,
  claim: Claim,
): readonly string[] {
  const [was, is] = [partsOf(readMessage(before)), partsOf(readMessage(after))];
  const shape = (parts: readonly ReadPart[]): string =>
    parts.map(({ path, type }) => `${path}:${type}`).join(' ');
  if (shape(was) !== shape(is)) return [`parts were ${shape(was)} and are ${shape(is)}`];
  const faults = was.flatMap((part, index) => {
    const now = is[index];
    return now === undefined
      ? []
      : partFaults(part, now, set, claim).map((fault) => `"${part.path}": ${fault}`);
  });
  return [...faults, ...was.flatMap((part) => alternativeFaults(part, claim))];
}

function partFaults(was: ReadPart, is: ReadPart, set: ChangeSet, claim: Claim): readonly string[] {
  const wanted: Wanted = {
    html: was.type === 'text/html',
    banner: claim.banner.includes(was.path),
    footer: claim.footer.includes(was.path),
  };
  const edited = wanted.banner || wanted.footer;
  const faults = headerFaults(was, is, set, claim, edited);
  if (was.glue.join('\0') !== is.glue.join('\0')) faults.push('preamble, delimiters or epilogue differ');
  if (!edited) {
    if (was.blank + was.body + was.tail !== is.blank + is.body + is.tail) faults.push('the body differs');
    return faults;
  }
  if (was.type !== 'text/plain' && was.type !== 'text/html') faults.push(`${was.type} was changed`);
  if (was.body !== '' && was.blank + was.tail !== is.blank + is.tail)
    faults.push('line ends around the body differ');
  const fault = bodyFault(was, is, set, wanted);
  if (fault !== undefined) faults.push(fault);
  return faults;
}

/** The fields of a part whose body gets another charset or transfer encoding for what is put in. */
const LABELS: ReadonlySet<string> = new Set(['content-type', 'content-transfer-encoding', 'mime-version']);

function headerFaults(was: ReadPart, is: ReadPart, set: ChangeSet, claim: Claim, edited: boolean): string[] {
  const root = was.path === '';
  const isOurs = ({ name }: ReadField): boolean =>
    (root && (name === NEW_FIELD.toLowerCase() || name === 'subject')) || (edited && LABELS.has(name));
  const rest = (part: ReadPart): string =>
    part.fields
      .filter((field) => !isOurs(field))
      .map(({ raw }) => raw)
      .join('');
  const faults: string[] = [];
  if (rest(was) !== rest(is)) faults.push('header lines differ');
  if (root) faults.push(...newFieldFaults(is, claim), ...subjectFaults(was, is, set, claim));
  if (edited) faults.push(...labelFaults(was, is, set));
  return faults;
}

function newFieldFaults(is: ReadPart, { field }: Claim): readonly string[] {
  const found = is.fields.filter(({ name }) => name === NEW_FIELD.toLowerCase());
  const right = found.every(({ raw }) => /^X-Edit-Evidence: one value\r?\n$/.test(raw));
  return found.length === (field ? 1 : 0) && right
    ? []
    : [`the new field stands there ${found.length} times`];
}

/** The tag, as it is or in encoded words (RFC 2047), and then the sender's octets. */
function subjectFaults(was: ReadPart, is: ReadPart, set: ChangeSet, { subject }: Claim): readonly string[] {
  const subjects = (part: ReadPart) =>
    part.fields.filter(({ name }) => name === 'subject').map(({ raw }) => raw);
  const [before, after] = [subjects(was), subjects(is)];
  if (!subject) return before.join('') === after.join('') ? [] : ['the Subject differs'];
  if (after.length !== Math.max(1, before.length)) return [`there are ${after.length} Subjects`];
  return after.flatMap((raw, index) => {
    const old = before[index];
    const name = /^[^:]*:/.exec(old ?? raw)?.[0] ?? '';
    const sender = old?.slice(name.length) ?? '';
    const end = sender.trim() === '' ? '' : sender.trimStart();
    const added = raw.slice(name.length, raw.trimEnd().length - end.trimEnd().length);
    const kept =
      raw.startsWith(name) &&
      raw.trimEnd().endsWith(end.trimEnd()) &&
      old?.endsWith(/\s*$/.exec(raw)?.[0] ?? '') !== false;
    return kept && decodeWords(added).trim() === set.tag
      ? []
      : ['the Subject is not the tag and what it was'];
  });
}

function decodeWords(text: string): string {
  return text.replaceAll(/=\?utf-8\?([qb])\?([^?]*)\?=\s*/gi, (_all, kind: string, word: string) =>
    kind.toLowerCase() === 'b'
      ? Buffer.from(word, 'base64').toString('utf8')
      : Buffer.from(
          word
            .replaceAll('_', ' ')
            .replaceAll(/=([0-9A-F]{2})/gi, (_hex, hex: string) =>
              String.fromCharCode(Number.parseInt(hex, 16)),
            ),
          'latin1',
        ).toString('utf8'),
  );
}

/** Names of mail that TextDecoder does not know. */
const ALIASES: Readonly<Record<string, string>> = { cp932: 'shift_jis', cp950: 'big5' };

/** Charsets in which ASCII cannot be put in as it stands. */
const OTHER_THAN_ASCII = /^(?:utf-?(?:7|16|32)|iso-2022|hz|unicode|ucs)/i;

function labelFaults(was: ReadPart, is: ReadPart, set: ChangeSet): readonly string[] {
  const labels = ({ fields }: ReadPart): readonly ReadField[] =>
    fields.filter(({ name }) => LABELS.has(name));
  const [before, after] = [labels(was), labels(is)];
  if (before.map(({ raw }) => raw).join('') === after.map(({ raw }) => raw).join('')) return [];
  const charset = parameterOf(was, 'charset') ?? '';
  if (set.banner.length === 1 && !OTHER_THAN_ASCII.test(charset))
    return ['labels differ, though all is ASCII'];
  const type = (part: ReadPart): string =>
    (fieldValue(part, 'content-type') ?? 'text/plain')
      .replace(/;?\s*charset\s*=\s*(?:"[^"]*"|[^\s;]+)/i, '')
      .replaceAll(/[;\s]/g, '');
  const faults: string[] = [];
  if (type(was) !== type(is)) faults.push(`Content-Type was ${type(was)} and is ${type(is)}`);
  const added = after.map(({ name }) => name).filter((name) => !before.some((field) => field.name === name));
  const gone = before.filter(({ name }) => !after.some((field) => field.name === name));
  if (gone.length > 0 || after.length !== before.length + added.length)
    faults.push('a label is gone or doubled');
  if (fieldValue(is, 'content-transfer-encoding') !== fieldValue(was, 'content-transfer-encoding')) {
    if (fieldValue(is, 'content-transfer-encoding') !== 'quoted-printable')
      faults.push('another transfer encoding than quoted-printable');
  }
  return faults;
}

function bodyFault(was: ReadPart, is: ReadPart, set: ChangeSet, wanted: Wanted): string | undefined {
  const fault = insertionFault(decodedBody(was), decodedBody(is), set, wanted);
  if (fault === undefined) return linesFault(was, is, wanted);
  const [before, after] = [parameterOf(was, 'charset'), parameterOf(is, 'charset')];
  if (before === undefined || before === after || after !== 'utf-8') return fault;
  // Written anew in UTF-8: the text is what can be compared, where every octet of before was text.
  const text = new TextDecoder(ALIASES[before.toLowerCase()] ?? before, { fatal: true }).decode(
    Buffer.from(decodedBody(was), 'latin1'),
  );
  return insertionFault(Buffer.from(text, 'utf8').toString('latin1'), decodedBody(is), set, wanted);
}

/** Where the transfer encoding is what it was, the sender's encoded lines stay too, but for those that were cut in two. */
function linesFault(was: ReadPart, is: ReadPart, { banner, footer }: Wanted): string | undefined {
  const encoding = fieldValue(was, 'content-transfer-encoding')?.toLowerCase();
  if (encoding !== fieldValue(is, 'content-transfer-encoding')?.toLowerCase()) return undefined;
  // A group of base64 may lie on two lines.
  const linesPerCut = encoding === 'base64' ? 2 : 1;
  const cuts = Number(banner) + Number(footer);
  const after = linesOf(is.body);
  let at = 0;
  let lost = 0;
  for (const line of linesOf(was.body)) {
    const found = after.indexOf(line, at);
    if (found === -1) lost++;
    else at = found + 1;
  }
  return lost > cuts * linesPerCut ? `${lost} encoded lines are not there any more` : undefined;
}

/** RFC 2046 §5.1.4: whoever shows another alternative must see the same. */
function alternativeFaults(part: ReadPart, claim: Claim): readonly string[] {
  if (part.type !== 'multipart/alternative') return [];
  const last = ['text/plain', 'text/html'].flatMap(
    (type) => part.children.findLast((child) => child.type === type) ?? [],
  );
  return [claim.banner, claim.footer].flatMap((paths) => {
    const without = last.filter(({ path }) => !paths.includes(path));
    const any = part.children.some(({ path }) => paths.includes(path));
    return any && without.length > 0 ? [`"${part.path}": an alternative is left out`] : [];
  });
}
