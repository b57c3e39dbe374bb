/**
 * Hashes of a body in the canonical forms that signatures ask for (RFC 6376 §3.7): one pass for each form, whatever the
 * number of signatures and of their `l=`, because a hash can be read off on the way.
 */
import { createHash, type Hash } from 'node:crypto';
import { type Canonicalization, canonicalBody } from './canonical-body.ts';

export interface BodyHashWanted {
  readonly canonicalization: Canonicalization;
  /** `l=`: octets of the canonical form that are hashed. Undefined: all of them. */
  readonly length: number | undefined;
}

export interface BodyHash {
  /** SHA-256: no other hash is valid any more (RFC 8301 §3.1). */
  readonly digest: Buffer;
  /** Octets of the canonical body stand behind the `length` that was asked for. */
  readonly partial: boolean;
  /** The canonical body is shorter than the `length` that was asked for. */
  readonly short: boolean;
}

/** One hash for each of `wanted`, in order. The body may come in slices, as long as they are whole when put together. */
export function bodyHashes(
  body: Uint8Array | Iterable<Uint8Array>,
  wanted: readonly BodyHashWanted[],
): readonly BodyHash[] {
  const slices = body instanceof Uint8Array ? [body] : [...body];
  const results = new Map<BodyHashWanted, BodyHash>();
  for (const canonicalization of ['relaxed', 'simple'] as const) {
    const same = wanted.filter((each) => each.canonicalization === canonicalization);
    if (same.length > 0) hashOnce(slices, canonicalization, same, results);
  }
  return wanted.map((each) => resultOf(results, each));
}

function resultOf(results: ReadonlyMap<BodyHashWanted, BodyHash>, wanted: BodyHashWanted): BodyHash {
  const result = results.get(wanted);
  if (result === undefined) throw new TypeError('no such canonicalization');
  return result;
}

function hashOnce(
  slices: readonly Uint8Array[],
  canonicalization: Canonicalization,
  wanted: readonly BodyHashWanted[],
  results: Map<BodyHashWanted, BodyHash>,
): void {
  const meter = createMeter(wanted.flatMap(({ length }) => (length === undefined ? [] : [length])));
  canonicalBody(slices, canonicalization, meter.take);
  const { whole, total, at } = meter.end();
  for (const each of wanted) {
    const limit = each.length ?? total;
    const digest = at.get(limit) ?? whole;
    results.set(each, { digest, partial: limit < total, short: limit > total });
  }
}

interface Meter {
  take(slice: Uint8Array): void;
  /** `at`: the digest after so many octets, for each of the limits that was reached. */
  end(): { readonly whole: Buffer; readonly total: number; readonly at: ReadonlyMap<number, Buffer> };
}

function createMeter(limits: readonly number[]): Meter {
  const hash: Hash = createHash('sha256');
  const ascending = [...new Set(limits)].sort((a, b) => a - b);
  const at = new Map<number, Buffer>();
  let total = 0;
  let next = 0;
  return {
    take(slice) {
      let from = 0;
      for (let limit = ascending[next]; limit !== undefined; limit = ascending[++next]) {
        if (limit > total + slice.length) break;
        hash.update(slice.subarray(from, limit - total));
        from = limit - total;
        at.set(limit, hash.copy().digest());
      }
      hash.update(from === 0 ? slice : slice.subarray(from));
      total += slice.length;
    },
    end() {
      if (ascending[next] === 0) at.set(0, hash.copy().digest());
      return { whole: hash.digest(), total, at };
    },
  };
}
