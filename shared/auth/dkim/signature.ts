/** A DKIM-Signature field as read, and what speaks against it before anything is hashed or looked up (RFC 6376 §6.1.1). */
import type { HeaderField } from '../../mime/types.ts';
import { asciiDomain } from '../domain.ts';
import { leftOpen } from '../signatures/coverage.ts';
import { fieldText, type SignableHeader } from '../signatures/fields.ts';
import { MAX_LOCAL_PART_CHARS, MAX_NAME_CHARS, MAX_SIGNATURE_BYTES } from '../signatures/limits.ts';
import { type KnownTags, readSignatureTags, type SignatureTags, utf8 } from '../signatures/signature-tags.ts';
import { parseTagList, withoutBlanks } from '../signatures/tag-list.ts';
import type { DkimReason } from './reasons.ts';

export type ReadSignature =
  | { readonly ok: true; readonly field: HeaderField; readonly tags: DkimTags }
  | { readonly ok: false; readonly reason: DkimReason; readonly known: KnownTags };

export interface DkimTags extends SignatureTags {
  /** The domain of `i=`. */
  readonly identityDomain: string;
}

/** Clocks are wrong by a time zone now and then; by more only when somebody wants a signature to last. */
const MAX_AHEAD_SECONDS = 26 * 60 * 60;

/** Reads a field and checks all that needs neither the body nor a key. */
export function readSignature(header: SignableHeader, field: HeaderField, nowSeconds: number): ReadSignature {
  const read = readField(header, field, nowSeconds);
  // Not even where the field ends is certain then.
  return header.malformed
    ? { ok: false, reason: 'malformed-header', known: read.ok ? read.tags : read.known }
    : read;
}

function readField(header: SignableHeader, field: HeaderField, nowSeconds: number): ReadSignature {
  if (field.end - field.start > MAX_SIGNATURE_BYTES) return { ok: false, reason: 'syntax', known: {} };
  const list = parseTagList(fieldText(header, field));
  if (!list.ok) return { ok: false, reason: 'syntax', known: {} };
  const read = readSignatureTags(list.tags);
  if (!read.ok) return { ok: false, reason: read.why, known: read.known };
  const refuse = (reason: DkimReason): ReadSignature => ({ ok: false, reason, known: read.tags });
  const version = list.tags.get('v')?.value;
  if (version !== '1') return refuse(version === undefined ? 'missing-tag' : 'version');
  // RFC 6376 §3.5 `h=`: not empty.
  if (read.tags.signedNames.length === 0) return refuse('signed-names');
  const identityDomain = identityOf(list.tags.get('i')?.value ?? `@${read.tags.domain}`);
  if (identityDomain === undefined) return refuse('identity');
  const tags = { ...read.tags, identityDomain };
  const reason = objection(header, tags, nowSeconds);
  return reason === undefined ? { ok: true, field, tags } : { ok: false, reason, known: tags };
}

function objection(header: SignableHeader, tags: DkimTags, nowSeconds: number): DkimReason | undefined {
  const { domain, identityDomain, signedNames, signedAt, expiresAt } = tags;
  if (identityDomain !== domain && !identityDomain.endsWith(`.${domain}`)) return 'identity-outside-domain';
  if (!signedNames.includes('from')) return 'from-not-signed';
  const open = leftOpen(header, signedNames);
  if (open !== undefined) return open === 'from' ? 'from-not-covered' : 'field-not-covered';
  if (tags.algorithm === 'rsa-sha1') return 'rsa-sha1';
  if (expiresAt !== undefined && expiresAt < nowSeconds) return 'expired';
  if (signedAt !== undefined && signedAt > nowSeconds + MAX_AHEAD_SECONDS) return 'signed-in-future';
  return undefined;
}

/** The domain of an Agent or User Identifier, written as dkim-quoted-printable (RFC 6376 §2.11, §3.5 `i=`). */
function identityOf(value: string): string | undefined {
  const compact = withoutBlanks(value);
  if (compact.length > MAX_LOCAL_PART_CHARS + 1 + 3 * MAX_NAME_CHARS) return undefined;
  const decoded = compact.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const at = decoded.lastIndexOf('@');
  return at === -1 || at > MAX_LOCAL_PART_CHARS ? undefined : asciiDomain(utf8(decoded.slice(at + 1)));
}
