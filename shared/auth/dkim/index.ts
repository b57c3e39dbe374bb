/**
 * DKIM: which domains answer for a message (RFC 6376, with RFC 8301 and RFC 8463).
 *
 *     const results = await verifyDkim(message, { lookupTxt, signal, nowSeconds });
 *     results.filter(({ result }) => result === 'pass').map(({ domain }) => domain);
 *
 * What a message may cost is bounded, whatever it asks for: each form of the body is hashed once, a field is
 * canonicalized once, a name is asked once, and only signatures whose body hash is right get as far as DNS.
 */
import type { Message } from '../../mime/types.ts';
import type { DkimEvidence } from '../evidence-types.ts';
import { bodyHashes } from '../signatures/body-hash.ts';
import { canonicalSignatureField } from '../signatures/canonical-header.ts';
import { type SignableHeader, signableHeader } from '../signatures/fields.ts';
import { keyProblem, type ParsedKey } from '../signatures/key-record.ts';
import { type KnownTags, keyName } from '../signatures/signature-tags.ts';
import { type SignatureAlgorithm, verifySignature } from '../signatures/verify.ts';
import type { LookupTxt } from '../types.ts';
import { type FindKeys, keyFinder } from './keys.ts';
import { DKIM_REASONS, type DkimReason } from './reasons.ts';
import { type DkimTags, type ReadSignature, readSignature } from './signature.ts';

export { DKIM_REASONS, type DkimReason } from './reasons.ts';

/** Stops a message with thousands of signatures, each to be read. */
export const MAX_SIGNATURES_READ = 50;
/** Stops a message whose signatures are all well made, each with a key to ask for and a verification (RFC 6376 §6.1). */
export const MAX_SIGNATURES_VERIFIED = 8;

export interface VerifyDkimOptions {
  readonly lookupTxt: LookupTxt;
  readonly signal: AbortSignal;
  readonly nowSeconds: number;
  /** Which signing domains are verified first where there are too many: the lower, the sooner. The topmost by default. */
  readonly prefer?: (domain: string) => number;
}

/** One entry for each DKIM-Signature, from the top. DNS that fails now is a result, `temperror`. */
export async function verifyDkim(
  message: Message,
  { lookupTxt, signal, nowSeconds, prefer }: VerifyDkimOptions,
): Promise<readonly DkimEvidence[]> {
  const header = signableHeader(message);
  if (header === undefined) return [evidence('header-too-large', {})];
  const fields = header.named('dkim-signature');
  const read = fields.slice(0, MAX_SIGNATURES_READ).map((field) => readSignature(header, field, nowSeconds));
  const candidates = checkBodies(message, read);
  const chosen = choose(candidates, prefer);
  const findKeys = keyFinder(lookupTxt, signal);
  // In order of rank: where questions have an end, those that matter less are the ones that are not asked.
  for (const { signature } of chosen) findKeys(keyName(signature.tags)).catch(() => undefined);
  const results = await Promise.all(
    candidates.map((candidate) => {
      if (candidate.kind === 'settled') return candidate.evidence;
      if (!chosen.has(candidate)) return evidence('not-checked', candidate.signature.tags, candidate.partial);
      return verifyOne(header, candidate, findKeys);
    }),
  );
  const unread = fields.slice(MAX_SIGNATURES_READ).map(() => evidence('not-checked', {}));
  return [...results, ...unread];
}

type Readable = Extract<ReadSignature, { ok: true }>;

interface Open {
  readonly kind: 'open';
  readonly signature: Readable;
  readonly partial: boolean;
}

type Candidate = Open | { readonly kind: 'settled'; readonly evidence: DkimEvidence };

/** RFC 6376 §6.1.3 step 3 comes first: it needs no DNS, so whoever makes up signatures cannot have questions asked. */
function checkBodies({ bytes, root }: Message, read: readonly ReadSignature[]): readonly Candidate[] {
  const wanted = read.map((each) =>
    each.ok ? { canonicalization: each.tags.body, length: each.tags.length } : undefined,
  );
  const hashes = bodyHashes(
    bytes.subarray(root.body.start),
    wanted.filter((each) => each !== undefined),
  );
  const next = hashes.values();
  return read.map((signature): Candidate => {
    if (!signature.ok) return { kind: 'settled', evidence: evidence(signature.reason, signature.known) };
    const hash = next.next().value;
    if (hash === undefined || !hash.digest.equals(signature.tags.bodyHash))
      return { kind: 'settled', evidence: evidence('body-hash', signature.tags, hash?.partial) };
    if (hash.short)
      return { kind: 'settled', evidence: evidence('body-shorter-than-length', signature.tags) };
    return { kind: 'open', signature, partial: hash.partial };
  });
}

function choose(candidates: readonly Candidate[], prefer: VerifyDkimOptions['prefer']): ReadonlySet<Open> {
  const open = candidates.filter((candidate) => candidate.kind === 'open');
  const ranked = open.map((candidate) => ({
    candidate,
    rank: prefer?.(candidate.signature.tags.domain) ?? 0,
  }));
  // The sort is stable: among equals the topmost come first.
  ranked.sort((a, b) => a.rank - b.rank);
  return new Set(ranked.slice(0, MAX_SIGNATURES_VERIFIED).map(({ candidate }) => candidate));
}

async function verifyOne(header: SignableHeader, open: Open, findKeys: FindKeys): Promise<DkimEvidence> {
  const { tags } = open.signature;
  const answer = await findKeys(keyName(tags));
  if (answer.kind !== 'answer')
    return evidence(answer.kind === 'refused' ? 'not-checked' : 'dns', tags, open.partial);
  let first: DkimEvidence | undefined;
  for (const parsed of answer.keys) {
    const result = tryKey(header, open, parsed);
    if (result.result === 'pass') return result;
    // A key that fits says more than one that does not.
    if (first === undefined || (result.result === 'fail' && first.result !== 'fail')) first = result;
  }
  return first ?? evidence('no-key', tags, open.partial);
}

function tryKey(header: SignableHeader, { signature, partial }: Open, parsed: ParsedKey): DkimEvidence {
  const { tags, field } = signature;
  if (!parsed.ok) return evidence(parsed.why === 'not-a-key' ? 'no-key' : parsed.why, tags, partial);
  const { key } = parsed;
  const tell = (reason: DkimReason): DkimEvidence => ({
    ...evidence(reason, tags, partial),
    ...(key.bits === undefined ? {} : { keyBits: key.bits }),
    testing: key.testing,
  });
  const algorithm: SignatureAlgorithm = tags.algorithm === 'ed25519-sha256' ? 'ed25519-sha256' : 'rsa-sha256';
  const problem = keyProblem(key, algorithm);
  if (problem !== undefined) return tell(problem);
  if (key.sameDomain && tags.identityDomain !== tags.domain) return tell('same-domain');
  const data = [
    ...header.selected(tags.signedNames, tags.header),
    canonicalSignatureField(header.bytes, field, tags.signaturePlace, tags.header),
  ];
  const valid = verifySignature({ algorithm, key: key.key, data, signature: tags.signature });
  return tell(valid ? 'verified' : 'signature');
}

type Known = KnownTags & Partial<Pick<DkimTags, 'identityDomain'>>;

function evidence(reason: DkimReason, known: Known, partialBody = false): DkimEvidence {
  return {
    result: DKIM_REASONS[reason],
    reason,
    domain: known.domain,
    selector: known.selector,
    identityDomain: known.identityDomain ?? known.domain,
    algorithm: known.algorithm,
    partialBody,
    testing: false,
    signedFields: known.signedNames ?? [],
  };
}
