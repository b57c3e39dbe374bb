/** Keys out of DNS, each name asked once a message (RFC 6376 §6.1.2). */
import { TemporaryError } from '../../errors.ts';
import { TooManyQuestions } from '../dns/session.ts';
import { type ParsedKey, parseKeyRecord } from '../signatures/key-record.ts';
import { MAX_KEY_RECORDS } from '../signatures/limits.ts';
import type { LookupTxt } from '../types.ts';

export type KeyAnswer =
  /** Records that are keys or mean to be, in the order of the answer; a few at most, perhaps none. */
  | { readonly kind: 'answer'; readonly keys: readonly ParsedKey[] }
  | { readonly kind: 'temporary' }
  /** Not asked: there were too many questions before it. */
  | { readonly kind: 'refused' };

export type FindKeys = (name: string) => Promise<KeyAnswer>;

/** A look-up that remembers its answers. Only a TemporaryError is an answer; other errors are thrown on. */
export function keyFinder(lookupTxt: LookupTxt, signal: AbortSignal): FindKeys {
  const known = new Map<string, Promise<KeyAnswer>>();
  return (name) => {
    const answer = known.get(name) ?? findKeys(name, lookupTxt, signal);
    known.set(name, answer);
    return answer;
  };
}

async function findKeys(name: string, lookupTxt: LookupTxt, signal: AbortSignal): Promise<KeyAnswer> {
  try {
    const answer = await lookupTxt(name, signal);
    const records = answer.kind === 'records' ? answer.records : [];
    // Step 4: several records may each be tried. Texts that are no keys share the name where it is a wildcard.
    const keys = records
      .slice(0, MAX_KEY_RECORDS)
      .map(parseKeyRecord)
      .filter((parsed) => parsed.ok || parsed.why !== 'not-a-key');
    return { kind: 'answer', keys };
  } catch (error) {
    if (error instanceof TooManyQuestions) return { kind: 'refused' };
    if (error instanceof TemporaryError) return { kind: 'temporary' };
    throw error;
  }
}
