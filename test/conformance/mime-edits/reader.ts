/**
 * A reader of MIME that shares nothing with `shared/mime`: a few dozen lines that go by whole lines (RFC 2046 §5.1.1) and
 * keep each of them. It is simple rather than complete, since it is only ever asked to read one message twice, before
 * and after it was changed, and to say where the two differ. Octets are kept as latin1 text.
 */

/** One header field with its folding and its line ends. */
export interface ReadField {
  readonly name: string;
  readonly raw: string;
}

export interface ReadPart {
  /** `` for the message, `1.2` for the second part of the first. */
  readonly path: string;
  readonly type: string;
  readonly fields: readonly ReadField[];
  /** The empty line after the header. */
  readonly blank: string;
  /** As it is written; empty where there are children. */
  readonly body: string;
  /** The line end that belongs to the delimiter after the part. */
  readonly tail: string;
  readonly children: readonly ReadPart[];
  /** What stands before, between and after the children: preamble, delimiter lines, epilogue. */
  readonly glue: readonly string[];
}

export function readMessage(bytes: Uint8Array): ReadPart {
  const text = Buffer.from(bytes).toString('latin1');
  return readPart(linesOf(text), '', 'text/plain');
}

/** All parts, parents first. */
export function partsOf(part: ReadPart): readonly ReadPart[] {
  return [part, ...part.children.flatMap(partsOf)];
}

/** With their line ends; joined, they are the text again. */
export function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The one field of that name, unfolded and trimmed; the first where there are several. */
export function fieldValue(part: ReadPart, name: string): string | undefined {
  const field = part.fields.find((one) => one.name === name);
  return field?.raw
    .slice(field.raw.indexOf(':') + 1)
    .replaceAll(/\r?\n/g, '')
    .trim();
}

export function parameterOf(part: ReadPart, name: string): string | undefined {
  const value = fieldValue(part, 'content-type') ?? '';
  const found = new RegExp(`;[ \\t]*${name}[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(
    value,
  );
  return found?.[1]?.replaceAll(/\\(.)/g, '$1') ?? found?.[2];
}

const FIELD = /^[!-9;-~]+[ \t]*:/;

function readPart(lines: readonly string[], path: string, defaultType: string): ReadPart {
  const { fields, rest } = readHeader(lines, path === '' ? startOf(lines) : 0, path === '');
  const blank = /^\r?\n$/.test(lines[rest] ?? '') ? (lines[rest] ?? '') : '';
  const body = lines.slice(rest + (blank === '' ? 0 : 1));
  const bare: ReadPart = {
    path,
    type: defaultType,
    fields,
    blank,
    body: '',
    tail: '',
    children: [],
    glue: [],
  };
  const type =
    /^[^\s;()]+\/[^\s;()]+/.exec(fieldValue(bare, 'content-type') ?? '')?.[0].toLowerCase() ?? defaultType;
  const boundary = type.startsWith('multipart/') ? parameterOf(bare, 'boundary')?.trimEnd() : undefined;
  if (boundary === undefined) return { ...bare, type, body: body.join('') };
  return { ...bare, type, ...readChildren(body, boundary, path, type) };
}

/** What most readers pass over: empty lines before the header. */
function startOf(lines: readonly string[]): number {
  const first = lines.findIndex((line) => line.trim() !== '');
  return FIELD.test(lines[first] ?? '') ? first : 0;
}

function readHeader(lines: readonly string[], from: number, isRoot: boolean) {
  const fields: ReadField[] = [];
  let at = from;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const last = fields.at(-1);
    if (/^\r?\n$/.test(line)) break;
    // In front of the first field of a message: an envelope line of mbox, or the rest of a field that was cut off.
    if (FIELD.test(line) || (at === from && isRoot && /^(?:From |[ \t])/.test(line))) {
      fields.push({ name: line.slice(0, line.indexOf(':')).trim().toLowerCase(), raw: line });
    } else if (/^[ \t]/.test(line) && last !== undefined) {
      fields[fields.length - 1] = { ...last, raw: last.raw + line };
    } else break;
  }
  return { fields, rest: at };
}

function readChildren(lines: readonly string[], boundary: string, path: string, type: string) {
  const children: ReadPart[] = [];
  const glue: string[] = [];
  let pending: string[] = [];
  let open = false;
  let closed = false;
  const close = (): void => {
    if (!open) glue.push(pending.join(''));
    else children.push(readChild(pending, `${path === '' ? '' : `${path}.`}${children.length + 1}`, type));
    pending = [];
  };
  for (const line of lines) {
    const bare = line.trimEnd();
    if (closed || (bare !== `--${boundary}` && bare !== `--${boundary}--`)) {
      pending.push(line);
      continue;
    }
    close();
    glue.push(line);
    open = bare === `--${boundary}`;
    closed = !open;
  }
  close();
  return { children, glue };
}

/** RFC 2046 §5.1.1: the line end before a delimiter belongs to the delimiter; an empty body has none to give. */
function readChild(lines: readonly string[], path: string, type: string): ReadPart {
  const part = readPart(lines, path, type === 'multipart/digest' ? 'message/rfc822' : 'text/plain');
  const tail = /\r?\n$/.exec(part.body)?.[0] ?? '';
  return { ...part, tail, body: part.body.slice(0, part.body.length - tail.length) };
}

/** The body without its transfer encoding (RFC 2045 §6), as octets. */
export function decodedBody(part: ReadPart): string {
  const { body } = part;
  switch (
    fieldValue(part, 'content-transfer-encoding')
      ?.toLowerCase()
      .replace(/[\s;(].*$/, '')
  ) {
    case 'base64':
      // Padding ends a run of groups; another may follow.
      return (body.match(/[^=]+=*/g) ?? [])
        .map((run) => Buffer.from(run, 'base64').toString('latin1'))
        .join('');
    case 'quoted-printable':
      return body
        .replaceAll(/[ \t]+(?=\r?\n|$)/g, '')
        .replaceAll(/=(?:\r?\n|$)/g, '')
        .replaceAll(/=([0-9A-Fa-f]{2})/g, (_all, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        );
    default:
      return body;
  }
}
