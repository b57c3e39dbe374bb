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

/** A question that was not asked because the message asks too much. Asking again later changes nothing. */
export class TooManyQuestions extends TemporaryError {}

export interface DnsSession {
  readonly lookupDns: LookupDns;
  /** TXT alone. */
  readonly lookupTxt: LookupTxt;
  /** Different questions so far, those included that a cache answered. */
  readonly queries: () => number;
  /** Whether a question was refused because this session, or the one that it is a part of, was at its end. */
  readonly refused: () => boolean;
  /** The same session, with an end of its own for those who ask through it. Questions that are known cost them nothing. */
  readonly within: (maxQueries: number) => DnsSession;
}

/** A look-up beyond the end throws TooManyQuestions: nothing was asked, so nothing is known. */
export function createDnsSession(lookup: LookupDns, maxQueries = MAX_DNS_QUERIES): DnsSession {
  return sessionWithin([{ left: maxQueries, refused: false }], new Map(), lookup);
}

interface Budget {
  left: number;
  refused: boolean;
}

/** What all parts of a session know. */
type Asked = Map<string, Promise<DnsAnswer>>;

/** Every budget of `budgets` pays for a question. */
function sessionWithin(budgets: readonly Budget[], asked: Asked, lookup: LookupDns): DnsSession {
  const lookupDns: LookupDns = (name, type, signal) => {
    const key = questionKey(name, type);
    const before = asked.get(key);
    if (before !== undefined) return before;
    const spent = budgets.filter(({ left }) => left <= 0);
    if (spent.length > 0) {
      for (const budget of spent) budget.refused = true;
      return Promise.reject(new TooManyQuestions('dns: too many questions for one message'));
    }
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
    refused: () => budgets.some(({ refused }) => refused),
    within: (max) => sessionWithin([...budgets, { left: max, refused: false }], asked, lookup),
  };
}
