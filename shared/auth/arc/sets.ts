/** The ARC Sets of a message (RFC 8617 §4.2), and what can be wrong with them before anything is verified (§5.2 steps 1 to 3). */
import type { HeaderField } from '../../mime/types.ts';
import { fieldText, type SignableHeader } from '../signatures/fields.ts';
import { readSignatureTags, type SignatureTags } from '../signatures/signature-tags.ts';
import { parseTagList } from '../signatures/tag-list.ts';
import { decodeHeaderBytes } from '../text.ts';
import { MAX_CHAIN_BYTES, MAX_SETS } from './limits.ts';
import type { ArcReason } from './reasons.ts';
import { readSealTags, resultsInstance, type SealTags, tagInstance } from './seal-tags.ts';

export const SEAL = 'arc-seal';
export const SIGNATURE = 'arc-message-signature';
export const RESULTS = 'arc-authentication-results';

export interface ArcSet {
  readonly instance: number;
  readonly results: { readonly field: HeaderField; readonly payload: string };
  readonly signature: {
    readonly field: HeaderField;
    readonly tags: SignatureTags;
    /** The canonical forms that may have been signed, the likeliest first. */
    readonly forms: readonly Forms[];
  };
  readonly seal: { readonly field: HeaderField; readonly tags: SealTags };
}

export type Forms = Pick<SignatureTags, 'header' | 'body'>;

export type CollectedSets =
  /** By instance, from 1; never empty. */
  | { readonly ok: true; readonly sets: readonly ArcSet[] }
  | { readonly ok: false; readonly reason: ArcReason };

const RELAXED: Forms = { header: 'relaxed', body: 'relaxed' };

type Kind = 'results' | 'signature' | 'seal';
type Member = { readonly instance: number } & (
  | ({ readonly kind: 'results' } & ArcSet['results'])
  | ({ readonly kind: 'signature' } & ArcSet['signature'])
  | ({ readonly kind: 'seal' } & ArcSet['seal'])
);

/** Reads all of ARC's fields. A field that cannot be read breaks the chain, wherever it stands. */
export function collectSets(header: SignableHeader): CollectedSets {
  const fields = [SEAL, SIGNATURE, RESULTS].flatMap((name) => header.named(name));
  if (fields.length === 0) return { ok: false, reason: 'no-sets' };
  // Fifty of each kind; a set with more of one kind is broken as well.
  if (fields.length > MAX_SETS * 3) return { ok: false, reason: 'too-many-sets' };
  const chainBytes = fields.reduce((sum, { start, end }) => sum + end - start, 0);
  if (chainBytes > MAX_CHAIN_BYTES) return { ok: false, reason: 'header-too-large' };
  const members = new Map<string, Member>();
  for (const field of fields) {
    const member = readMember(header, field);
    if (typeof member === 'string') return { ok: false, reason: member };
    const place = placeOf(member.kind, member.instance);
    if (members.has(place)) return { ok: false, reason: 'duplicate-field' };
    members.set(place, member);
  }
  return inOrder(members);
}

/** The highest instance that any field carries, 0 for none, however broken the chain is; and whether its seal says `cv=fail`. */
export function newestInstance(header: SignableHeader): {
  readonly instance: number;
  readonly failed: boolean;
} {
  const members = [SEAL, SIGNATURE, RESULTS]
    .flatMap((name) => header.named(name).slice(0, MAX_SETS))
    .map((field) => readMember(header, field))
    .filter((member) => typeof member !== 'string');
  const instance = Math.max(0, ...members.map((member) => member.instance));
  const failed = members.some(
    (member) => member.kind === 'seal' && member.instance === instance && member.tags.chainStatus === 'fail',
  );
  return { instance, failed };
}

function inOrder(members: ReadonlyMap<string, Member>): CollectedSets {
  const highest = Math.max(...[...members.values()].map(({ instance }) => instance));
  const sets: ArcSet[] = [];
  for (let instance = 1; instance <= highest; instance += 1) {
    const results = members.get(placeOf('results', instance));
    const signature = members.get(placeOf('signature', instance));
    const seal = members.get(placeOf('seal', instance));
    if (results === undefined && signature === undefined && seal === undefined)
      return { ok: false, reason: 'missing-set' };
    if (results?.kind !== 'results' || signature?.kind !== 'signature' || seal?.kind !== 'seal')
      return { ok: false, reason: 'missing-field' };
    sets.push({ instance, results, signature, seal });
  }
  const reason = statusProblem(sets);
  return reason === undefined ? { ok: true, sets } : { ok: false, reason };
}

/** §5.2 step 2, then `cv=` as step 3 asks for it. */
function statusProblem(sets: readonly ArcSet[]): ArcReason | undefined {
  if (sets.at(-1)?.seal.tags.chainStatus === 'fail') return 'sealed-as-failed';
  const right = sets.every(
    ({ instance, seal }) => seal.tags.chainStatus === (instance === 1 ? 'none' : 'pass'),
  );
  return right ? undefined : 'chain-status';
}

function placeOf(kind: Kind, instance: number): string {
  return `${kind} ${instance}`;
}

function readMember(header: SignableHeader, field: HeaderField): Member | ArcReason {
  if (field.lowerName === RESULTS) {
    const bytes = header.bytes.subarray(field.value.start, field.value.end);
    const read = resultsInstance(decodeHeaderBytes(bytes).text);
    return read === undefined ? 'instance' : { kind: 'results', field, ...read };
  }
  const isSeal = field.lowerName === SEAL;
  const list = parseTagList(fieldText(header, field));
  if (!list.ok) return isSeal ? 'seal-syntax' : 'signature-syntax';
  const instance = tagInstance(list.tags);
  if (instance === undefined) return 'instance';
  if (!isSeal) {
    const read = readSignatureTags(list.tags);
    if (!read.ok) return 'signature-syntax';
    // Without `c=` it is simple (RFC 6376 §3.5); the drafts of RFC 8617 had relaxed, as has its test suite (ams_fields_c_na).
    const forms = list.tags.has('c') ? [read.tags] : [read.tags, RELAXED];
    return { kind: 'signature', instance, field, tags: read.tags, forms };
  }
  const tags = readSealTags(list.tags);
  if (tags === undefined) return 'seal-syntax';
  return tags === 'cv' ? 'chain-status' : { kind: 'seal', instance, field, tags };
}
