/**
 * Messages from one line of meaning each. Where a banner and a footer must go is written into the body itself: `⟦` is
 * the place of the banner, `⟧` that of the footer, `⟪` that of a text above what is quoted, and none is in the message. A body
 * without marks gets nothing.
 */
import { encodeIn } from './charsets.ts';

export const BANNER_MARK = '\u27e6';
export const FOOTER_MARK = '\u27e7';
export const REPLY_MARK = '\u27ea';
const MARKS = /[\u27e6\u27e7\u27ea]/g;

export interface LeafSpec {
  readonly type: string;
  /** Lines joined by LF. Marks stand where something must be put in. */
  readonly body: string;
  readonly charset: string | undefined;
  readonly encoding: Encoding | undefined;
  /** Further parameters of Content-Type, beginning with "; ". */
  readonly parameters: string;
  readonly head: readonly string[];
  /** What the part is labelled after a text went in that is not ASCII. Without: as before. */
  readonly becomes: string | undefined;
}

export interface MultiSpec {
  readonly type: string;
  readonly children: readonly Spec[];
  readonly parameters: string;
  readonly preamble: string | undefined;
  readonly epilogue: string | undefined;
  readonly head: readonly string[];
}

export type Spec = LeafSpec | MultiSpec;
export type Encoding = '7bit' | '8bit' | 'binary' | 'quoted-printable' | 'base64';

/** What must be found in a message, and what must become of it. */
export interface Made {
  readonly name: string;
  readonly bytes: Buffer;
  /** Media types in the order of the document. */
  readonly types: string;
  /** `plain`, or why nothing may be put into its body. */
  readonly kind: string;
  /** The bodies that get something, by path, with their marks. */
  readonly bodies: ReadonlyMap<string, string>;
  /** Those with a place above what they quote, with that mark alone. */
  readonly aboveReply: ReadonlyMap<string, string>;
  readonly becomes: ReadonlyMap<string, string>;
  /** The value of the Subject after the tag went in; `undefined` where the sender's must stay. */
  readonly tagged: boolean;
}

type LeafOptions = Partial<Omit<LeafSpec, 'type' | 'body'>>;

export function leaf(type: string, body: string, options: LeafOptions = {}): LeafSpec {
  const plain = /^[\p{ASCII}\u27e6\u27e7\u27ea]*$/u.test(body);
  return {
    type,
    body,
    charset: plain ? 'us-ascii' : 'utf-8',
    encoding: plain ? '7bit' : '8bit',
    parameters: '',
    head: [],
    becomes: undefined,
    ...options,
  };
}

export const text = (body: string, options?: LeafOptions): LeafSpec => leaf('text/plain', body, options);
export const html = (body: string, options?: LeafOptions): LeafSpec => leaf('text/html', body, options);

/** A file of some kind, attached. */
export function file(name: string, type = 'application/pdf', body = 'not really a file'): LeafSpec {
  return leaf(type, body, {
    charset: undefined,
    encoding: 'base64',
    parameters: `; name="${name}"`,
    head: [`Content-Disposition: attachment; filename="${name}"`],
  });
}

/** An image that HTML refers to. */
export function image(id: string): LeafSpec {
  return leaf('image/png', 'no image at all', {
    charset: undefined,
    encoding: 'base64',
    head: [`Content-ID: <${id}>`, 'Content-Disposition: inline'],
  });
}

export function multi(
  kind: string,
  children: readonly Spec[],
  options: Partial<Omit<MultiSpec, 'type' | 'children'>> = {},
): MultiSpec {
  return {
    type: `multipart/${kind}`,
    children,
    parameters: '',
    preamble: undefined,
    epilogue: undefined,
    head: [],
    ...options,
  };
}

export const mixed = (...children: readonly Spec[]): MultiSpec => multi('mixed', children);
export const alternative = (...children: readonly Spec[]): MultiSpec => multi('alternative', children);
export const related = (...children: readonly Spec[]): MultiSpec => multi('related', children);

interface MessageOptions {
  /** Without: the name. The whole field, line ends as LF; empty: there is none. */
  readonly subject?: string;
  readonly tagged?: boolean;
  readonly kind?: string;
  /** Fields beside From, To, Date, Message-ID and Subject. */
  readonly head?: readonly string[];
  readonly mime?: boolean;
  readonly lf?: boolean;
}

/** A message of that structure; its marks say what must become of it. */
export function made(name: string, spec: Spec, options: MessageOptions = {}): Made {
  const subject = options.subject ?? 'Subject: figures of the quarter';
  const head = [
    'From: Ada Example <ada@example.org>',
    'To: Bo Example <bo@example.net>',
    'Date: Fri, 20 Nov 2026 10:00:00 +0000',
    'Message-ID: <made@example.org>',
    ...(subject === '' ? [] : [subject]),
    ...(options.head ?? []),
    ...(options.mime === false ? [] : ['MIME-Version: 1.0']),
  ];
  const content = `${head.join('\n')}\n${render(spec, '')}`;
  const ends = options.lf === true ? '\n' : '\r\n';
  const marked = [...leavesOf(spec, '')].filter(([, { body }]) => body.search(MARKS) !== -1);
  return {
    name,
    bytes: Buffer.from(content.replaceAll('\n', ends), 'latin1'),
    types: typesOf(spec),
    kind: options.kind ?? 'plain',
    bodies: new Map(
      marked.map(([path, { body }]) => [path, body.replaceAll(REPLY_MARK, '').replaceAll('\n', ends)]),
    ),
    aboveReply: new Map(
      marked.flatMap(([path, { body }]) =>
        body.includes(REPLY_MARK)
          ? [[path, body.replaceAll(/[\u27e6\u27e7]/g, '').replaceAll('\n', ends)]]
          : [],
      ),
    ),
    becomes: new Map(
      marked.flatMap(([path, { becomes }]) => (becomes === undefined ? [] : [[path, becomes]])),
    ),
    tagged: options.tagged ?? true,
  };
}

/** One character per octet, line ends LF. */
function render(spec: Spec, path: string): string {
  return 'body' in spec ? renderLeaf(spec) : renderMulti(spec, path);
}

function renderLeaf({ type, body, charset, encoding, parameters, head }: LeafSpec): string {
  const label = `${type}${charset === undefined ? '' : `; charset=${charset}`}${parameters}`;
  const fields = [
    ...(type === '' ? [] : [`Content-Type: ${label}`]),
    ...(encoding === undefined ? [] : [`Content-Transfer-Encoding: ${encoding}`]),
    ...head,
  ];
  const inner = body.replaceAll(MARKS, '');
  return `${fields.map((field) => `${field}\n`).join('')}\n${encoded(inner, charset, encoding ?? '7bit')}`;
}

function renderMulti(
  { type, children, parameters, preamble, epilogue, head }: MultiSpec,
  path: string,
): string {
  const boundary = `=_made.${path === '' ? '0' : path}`;
  const fields = [`Content-Type: ${type}; boundary="${boundary}"${parameters}`, ...head];
  const parts = children.map((child, index) => `--${boundary}\n${render(child, childPath(path, index))}\n`);
  const before = preamble === undefined ? '' : `${preamble}\n`;
  return `${fields.join('\n')}\n\n${before}${parts.join('')}--${boundary}--\n${epilogue ?? ''}`;
}

function childPath(path: string, index: number): string {
  return path === '' ? `${index + 1}` : `${path}.${index + 1}`;
}

function encoded(body: string, charset: string | undefined, encoding: Encoding): string {
  // A text in base64 or of two octets each has the line ends of mail in itself (RFC 2045 §6.8, §4.1.1 of RFC 2046).
  const inside =
    encoding === 'base64' || /^utf-16/i.test(charset ?? '') ? body.replaceAll('\n', '\r\n') : body;
  const octets = encodeIn((charset ?? 'utf-8').replaceAll('"', ''), inside);
  switch (encoding) {
    case 'base64':
      return (
        octets
          .toString('base64')
          .match(/.{1,76}/g)
          ?.join('\n') ?? ''
      );
    case 'quoted-printable':
      return quotedPrintable(octets.toString('latin1'));
    default:
      return octets.toString('latin1');
  }
}

/** RFC 2045 §6.7; lines of 72 characters and fewer. */
export function quotedPrintable(octets: string): string {
  const lines = octets
    .split('\n')
    .map((line) =>
      line
        .replaceAll(
          /[^\t !-<>-~]|[ \t]$/g,
          (char) => `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
        )
        .replaceAll(/(?:=[0-9A-F]{2}|[^=]){70}(?=.)/g, '$&=\n'),
    );
  return lines.join('\n');
}

function typesOf(spec: Spec): string {
  const own = spec.type === '' ? 'text/plain' : spec.type.toLowerCase();
  return 'body' in spec ? own : [own, ...spec.children.map(typesOf)].join(' ');
}

function* leavesOf(spec: Spec, path: string): Generator<readonly [string, LeafSpec]> {
  if ('body' in spec) yield [path, spec];
  else for (const [index, child] of spec.children.entries()) yield* leavesOf(child, childPath(path, index));
}
