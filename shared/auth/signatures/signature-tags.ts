/**
 * The tags that DKIM-Signature and ARC-Message-Signature have in common (RFC 6376 §3.5, RFC 8617 §4.1.2). What differs, `v=`
 * and `i=`, is for their own folders.
 */
import { asciiDomain, isAscii } from '../domain.ts';
import type { Canonicalization } from './canonical-body.ts';
import { MAX_NAME_CHARS, MAX_SIGNED_NAMES } from './limits.ts';
import { decodeBase64, splitColons, type Tag, type TagList } from './tag-list.ts';

export interface SignatureTags {
  /** `d=` in lower-case A-labels; two labels at least. */
  readonly domain: string;
  readonly selector: string;
  readonly algorithm: 'rsa-sha1' | 'rsa-sha256' | 'ed25519-sha256';
  readonly header: Canonicalization;
  readonly body: Canonicalization;
  /** `h=`, lower case, in its order. May be empty, as ARC allows. */
  readonly signedNames: readonly string[];
  /** `l=` */
  readonly length: number | undefined;
  /** `t=` and `x=`, seconds since 1970. */
  readonly signedAt: number | undefined;
  readonly expiresAt: number | undefined;
  readonly bodyHash: Buffer;
  readonly signature: Buffer;
  /** Where `b=` stands in the field's value. */
  readonly signaturePlace: Tag;
}

export type TagProblem =
  | 'missing-tag'
  | 'algorithm'
  | 'canonicalization'
  | 'domain'
  | 'selector'
  | 'signed-names'
  | 'too-many-names'
  | 'query-method'
  | 'number'
  | 'expires-before-signed'
  | 'base64';

/** What could be read before the problem. */
export type KnownTags = Partial<Pick<SignatureTags, 'domain' | 'selector' | 'algorithm' | 'signedNames'>>;

export type ReadTags =
  | { readonly ok: true; readonly tags: SignatureTags }
  | { readonly ok: false; readonly why: TagProblem; readonly known: KnownTags };

export type Tags = Extract<TagList, { ok: true }>['tags'];

const REQUIRED = ['a', 'b', 'bh', 'd', 'h', 's'] as const;
export const ALGORITHMS = ['rsa-sha1', 'rsa-sha256', 'ed25519-sha256'] as const;
/** RFC 5322 §3.6.8: ftext. A semicolon cannot be in a tag. */
const FIELD_NAME = /^[\x21-\x39\x3c-\x7e]+$/;

/** Reads and checks the tags (RFC 6376 §6.1.1); nothing here depends on the message or on the clock. */
export function readSignatureTags(tags: Tags): ReadTags {
  const text = (name: string): string => tags.get(name)?.value ?? '';
  const algorithm = ALGORITHMS.find((each) => each === text('a').toLowerCase());
  const domain = domainOf(text('d'));
  const selector = asciiDomain(utf8(text('s')));
  // An empty member changes nothing of what is hashed; RFC 6376 §3.5 has none, some signers write one at the end.
  const signedNames = splitColons(text('h').toLowerCase()).filter((name) => name !== '');
  const known: KnownTags = {
    ...(domain === undefined ? {} : { domain }),
    ...(selector === undefined ? {} : { selector }),
    ...(algorithm === undefined ? {} : { algorithm }),
  };
  const refuse = (why: TagProblem): ReadTags => ({ ok: false, why, known });
  if (REQUIRED.some((name) => !tags.has(name))) return refuse('missing-tag');
  if (algorithm === undefined) return refuse('algorithm');
  if (domain === undefined) return refuse('domain');
  if (selector === undefined || keyName({ selector, domain }).length > MAX_NAME_CHARS)
    return refuse('selector');
  if (signedNames.length > MAX_SIGNED_NAMES) return refuse('too-many-names');
  if (!signedNames.every((name) => FIELD_NAME.test(name))) return refuse('signed-names');
  const rest = readRest(tags);
  if (typeof rest === 'string') return { ok: false, why: rest, known: { ...known, signedNames } };
  return { ok: true, tags: { algorithm, domain, selector, signedNames, ...rest } };
}

/** Where the key of a signature is published (RFC 6376 §3.6.2.1). */
export function keyName({ selector, domain }: Pick<SignatureTags, 'selector' | 'domain'>): string {
  return `${selector}._domainkey.${domain}`;
}

/** Text of one character an octet as UTF-8: RFC 8616 lets domains be written in their own script. */
export function utf8(latin1: string): string {
  return isAscii(latin1) ? latin1 : Buffer.from(latin1, 'latin1').toString('utf8');
}

/** A domain that may sign, in lower-case A-labels. */
export function domainOf(text: string): string | undefined {
  const domain = asciiDomain(utf8(text));
  // RFC 6376 §3.5: a domain-name has two labels at least, so nobody signs for `com`.
  return domain?.includes('.') === true ? domain : undefined;
}

type Rest = Omit<SignatureTags, keyof KnownTags>;

function readRest(tags: Tags): Rest | TagProblem {
  const [header, body = 'simple', more] = (tags.get('c')?.value.toLowerCase() ?? 'simple').split('/');
  if (!isCanonicalization(header) || !isCanonicalization(body) || more !== undefined)
    return 'canonicalization';
  // §3.5 `q=`: there is one method, and it is the default.
  const methods = tags.get('q')?.value;
  if (methods !== undefined && !splitColons(methods.toLowerCase()).includes('dns/txt')) return 'query-method';
  const length = numberOf(tags, 'l', 76);
  const signedAt = numberOf(tags, 't', 12);
  const expiresAt = numberOf(tags, 'x', 12);
  if (length === false || signedAt === false || expiresAt === false) return 'number';
  if (signedAt !== undefined && expiresAt !== undefined && expiresAt <= signedAt)
    return 'expires-before-signed';
  const signaturePlace = tags.get('b');
  const signature = decodeBase64(signaturePlace?.value ?? '');
  const bodyHash = decodeBase64(tags.get('bh')?.value ?? '');
  if (signaturePlace === undefined || signature === undefined || bodyHash === undefined) return 'base64';
  return { header, body, length, signedAt, expiresAt, bodyHash, signature, signaturePlace };
}

function isCanonicalization(text: string | undefined): text is Canonicalization {
  return text === 'simple' || text === 'relaxed';
}

/** Undefined without the tag, false when it is no number of that many digits. */
export function numberOf(tags: Tags, name: string, maxDigits: number): number | undefined | false {
  const value = tags.get(name)?.value;
  if (value === undefined) return undefined;
  return /^[0-9]+$/.test(value) && value.length <= maxDigits && Number(value);
}
