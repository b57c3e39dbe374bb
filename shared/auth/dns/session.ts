/**
 * The DNS questions of one message. Each question is asked once, however many ask it, those that are asked together go
 * out together, and there is an end to them: what a message makes a receiver ask is its sender's choice.
 */
import { TemporaryError } from '../../errors.ts';
import type { LookupTxt } from '../types.ts';
import { questionKey } from './cache.ts';
import type { DnsAnswer, LookupDns } from './types.ts';

/** Against a message that makes a receiver ask hundreds of servers, each of them slow, until its time is up. */
export const MAX_DNS_QUERIES = 20;

export interface DnsSession {
  readonly lookupDns: LookupDns;
  /** TXT alone. */
  readonly lookupTxt: LookupTxt;
  /** Different questions so far, those included that a cache answered. */
  readonly queries: () => number;
  /** The same session, with an end of its own for those who ask through it. Questions that are known cost them nothing. */
  readonly within: (maxQueries: number) => DnsSession;
}

/** A look-up beyond the end throws TemporaryError: nothing was asked, so nothing is known. */
export function createDnsSession(lookup: LookupDns, maxQueries = MAX_DNS_QUERIES): DnsSession {
  const asked = new Map<string, Promise<DnsAnswer>>();
  return sessionWithin([{ left: maxQueries }], asked, lookup);
}

interface Budget {
  left: number;
}

/** Every budget of `budgets` pays for a question. */
function sessionWithin(
  budgets: readonly Budget[],
  asked: Map<string, Promise<DnsAnswer>>,
  lookup: LookupDns,
): DnsSession {
  const lookupDns: LookupDns = (name, type, signal) => {
    const key = questionKey(name, type);
    const known = asked.get(key);
    if (known !== undefined) return known;
    if (budgets.some(({ left }) => left <= 0))
      return Promise.reject(new TemporaryError('dns: too many questions for one message'));
    for (const budget of budgets) budget.left -= 1;
    const answer = lookup(name, type, signal);
    // Whoever asked may have stopped waiting by the time that it fails.
    answer.catch(() => undefined);
    asked.set(key, answer);
    return answer;
  };
  return {
    lookupDns,
    lookupTxt: (name, signal) => lookupDns(name, 'TXT', signal),
    queries: () => asked.size,
    within: (max) => sessionWithin([...budgets, { left: max }], asked, lookup),
  };
}
