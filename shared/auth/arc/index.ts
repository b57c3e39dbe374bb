/**
 * ARC (RFC 8617): those who hand mail on write down what they found when it came to them, and seal it. Each adds one set of
 * three fields: ARC-Authentication-Results, what was found; ARC-Message-Signature, over the message as it went on; ARC-Seal, over
 * every set so far. A chain that passes says who handled the message; whether to believe them is the policy's business.
 *
 *     const arc = await validateArc(message, { lookupTxt, signal, nowSeconds });
 *     arc.result === 'pass' && arc.sets.at(-1)?.sealer;         // who handed it on last
 */
import type { Message } from '../../mime/types.ts';
import { parseAuthenticationResults } from '../authentication-results/parse.ts';
import { keyFinder } from '../dkim/keys.ts';
import type { ArcEvidence, ArcSetEvidence } from '../evidence-types.ts';
import { bodyHashes } from '../signatures/body-hash.ts';
import { leftOpen } from '../signatures/coverage.ts';
import { type SignableHeader, signableHeader } from '../signatures/fields.ts';
import type { LookupTxt } from '../types.ts';
import { ARC_REASONS, type ArcReason } from './reasons.ts';
import { type ArcSet, collectSets } from './sets.ts';
import { verifyChain } from './verify-chain.ts';

export { ARC_REASONS, type ArcReason } from './reasons.ts';

export interface ValidateArcOptions {
  readonly lookupTxt: LookupTxt;
  readonly signal: AbortSignal;
  /** Seconds since 1970; without it, `x=` of the newest signature is not looked at. */
  readonly nowSeconds?: number;
}

/** The Chain Validation Status (RFC 8617 §5.2). DNS that fails now is the result `temperror`, unless the chain is broken anyway. */
export async function validateArc(
  message: Message,
  { lookupTxt, signal, nowSeconds }: ValidateArcOptions,
): Promise<ArcEvidence> {
  const header = signableHeader(message);
  if (header === undefined) return evidence('header-too-large');
  const collected = collectSets(header);
  if (!collected.ok) return evidence(collected.reason);
  const { sets } = collected;
  const body = message.bytes.subarray(message.root.body.start);
  const reason = await verifyChain({
    header,
    body,
    sets,
    nowSeconds,
    findKeys: keyFinder(lookupTxt, signal),
  });
  if (reason !== 'verified' && reason !== 'dns') return evidence(reason);
  const open = openTo(header, sets, body);
  return { ...evidence(reason, sets), ...(open === undefined ? {} : { open }) };
}

/**
 * RFC 8617 §4.1.2: ARC-Message-Signature has the semantics of a DKIM signature, and so what DKIM asks of one for its own use
 * (RFC 6376 §5.4, §8.2 and §8.15) matters here too, though a chain passes without it (RFC 8617 §5.2).
 */
function openTo(header: SignableHeader, sets: readonly ArcSet[], body: Uint8Array): ArcEvidence['open'] {
  const newest = sets.at(-1);
  if (newest === undefined || header.malformed) return 'header';
  const { tags, forms } = newest.signature;
  const { signedNames, length } = tags;
  const field = leftOpen(header, signedNames);
  if (field !== undefined || length === undefined) return field;
  const hashes = bodyHashes(
    body,
    forms.map((form) => ({ canonicalization: form.body, length })),
  );
  return hashes.some(({ partial }) => partial) ? 'body' : undefined;
}

function evidence(reason: ArcReason, sets: readonly ArcSet[] = []): ArcEvidence {
  return { result: ARC_REASONS[reason], reason, sets: sets.map(evidenceOf) };
}

function evidenceOf({ instance, seal, signature, results }: ArcSet): ArcSetEvidence {
  const parsed = parseAuthenticationResults(results.payload);
  return {
    instance,
    sealer: seal.tags.domain,
    signer: signature.tags.domain,
    results: parsed.ok ? parsed.value : undefined,
  };
}
