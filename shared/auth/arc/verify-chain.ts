/** Verifies the newest ARC-Message-Signature and every ARC-Seal (RFC 8617 §5.2 steps 4 and 6). */
import type { FindKeys, KeyAnswer } from '../dkim/keys.ts';
import { bodyHashes } from '../signatures/body-hash.ts';
import { canonicalField, canonicalSignatureField } from '../signatures/canonical-header.ts';
import type { SignableHeader } from '../signatures/fields.ts';
import { keyProblem } from '../signatures/key-record.ts';
import { keyName, type SignatureTags } from '../signatures/signature-tags.ts';
import { verifySignature } from '../signatures/verify.ts';
import { MAX_KEYS } from './limits.ts';
import type { ArcReason } from './reasons.ts';
import { type ArcSet, type Forms, SEAL } from './sets.ts';

export interface Chain {
  readonly header: SignableHeader;
  readonly body: Uint8Array;
  /** Well-formed, by instance; not empty. */
  readonly sets: readonly ArcSet[];
  readonly nowSeconds: number | undefined;
  readonly findKeys: FindKeys;
}

type Signed = Pick<SignatureTags, 'domain' | 'selector' | 'algorithm' | 'signature'>;
/** What verifies with a key or does not. */
interface Proof {
  readonly signed: Signed;
  /** What may have been signed, each made when it is tried. */
  readonly data: readonly (() => readonly Uint8Array[])[];
  readonly broken: ArcReason;
}

/** `verified`, or the first thing that is wrong; `dns` only when nothing else is. */
export async function verifyChain(chain: Chain): Promise<ArcReason> {
  const { sets, findKeys } = chain;
  const newest = sets.at(-1);
  if (newest === undefined) return 'no-sets';
  const objection = objectionTo(newest, chain);
  if (objection !== undefined) return objection;
  const forms = matchingForms(newest, chain.body);
  const proofs = [signatureProof(newest, forms, chain.header), ...sealProofs(chain)];
  if (proofs.some(({ signed }) => signed.algorithm === 'rsa-sha1')) return 'rsa-sha1';
  if (new Set(proofs.map(({ signed }) => keyName(signed))).size > MAX_KEYS) return 'too-many-keys';
  // What needs no key comes first, so that whoever makes up chains cannot have questions asked.
  if (forms.length === 0) return 'body-hash';
  const answers = await Promise.all(proofs.map(({ signed }) => findKeys(keyName(signed))));
  let temporary = false;
  for (const [at, proof] of proofs.entries()) {
    const outcome = check(proof, answers[at]);
    if (outcome === 'dns') temporary = true;
    else if (outcome !== 'verified') return outcome;
  }
  return temporary ? 'dns' : 'verified';
}

function objectionTo({ signature }: ArcSet, { nowSeconds }: Chain): ArcReason | undefined {
  const { signedNames, expiresAt } = signature.tags;
  // §4.1.2: the seal is made after the signature, so that it cannot be in it.
  if (signedNames.includes(SEAL)) return 'signs-seal';
  return expiresAt !== undefined && nowSeconds !== undefined && expiresAt < nowSeconds
    ? 'expired'
    : undefined;
}

function matchingForms({ signature: { tags, forms } }: ArcSet, body: Uint8Array): readonly Forms[] {
  const wanted = forms.map((form) => ({ canonicalization: form.body, length: tags.length }));
  const hashes = bodyHashes(body, wanted);
  return forms.filter((_, at) => {
    const hash = hashes[at];
    return hash !== undefined && !hash.short && hash.digest.equals(tags.bodyHash);
  });
}

function signatureProof({ signature }: ArcSet, forms: readonly Forms[], header: SignableHeader): Proof {
  const { tags, field } = signature;
  const data = forms.map((form) => () => [
    ...header.selected(tags.signedNames, form.header),
    canonicalSignatureField(header.bytes, field, tags.signaturePlace, form.header),
  ]);
  return { signed: tags, data, broken: 'signature' };
}

/** §5.1.1: a seal covers the sets up to its own, oldest first, each in the order results, signature, seal; relaxed. Newest first. */
function sealProofs({ header: { bytes }, sets }: Chain): readonly Proof[] {
  const forms = sets.map(({ results, signature, seal }) =>
    [results, signature, seal].map(({ field }) => canonicalField(bytes, field, 'relaxed')),
  );
  const proofs = sets.map(({ seal }, at): Proof => {
    const { field, tags } = seal;
    const before = (): readonly Uint8Array[] => [
      ...forms.slice(0, at).flat(),
      ...(forms[at] ?? []).slice(0, 2),
      canonicalSignatureField(bytes, field, tags.signaturePlace, 'relaxed'),
    ];
    return { signed: tags, data: [before], broken: 'seal' };
  });
  return proofs.reverse();
}

function check({ signed, data, broken }: Proof, answer: KeyAnswer | undefined): ArcReason {
  if (answer?.kind === 'refused') return 'too-many-keys';
  if (answer === undefined || answer.kind === 'temporary') return 'dns';
  const algorithm = signed.algorithm === 'ed25519-sha256' ? 'ed25519-sha256' : 'rsa-sha256';
  const keys = answer.keys.flatMap((parsed) =>
    parsed.ok && keyProblem(parsed.key, algorithm) === undefined ? [parsed.key.key] : [],
  );
  if (keys.length === 0) return 'key';
  const verifies = data.some((make) => {
    const covered = make();
    return keys.some((key) =>
      verifySignature({ algorithm, key, data: covered, signature: signed.signature }),
    );
  });
  return verifies ? 'verified' : broken;
}
