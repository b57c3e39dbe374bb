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
  /** Whether a question was refused. */
  readonly refused: () => boolean;
  /** The same session, with an end of its own for those who ask through it. Questions that are known cost them nothing. */
  readonly within: (maxQueries: number) => DnsSession;
}

/** A look-up beyond the end throws TooManyQuestions: nothing was asked, so nothing is known. */
export function createDnsSession(lookup: LookupDns, maxQueries = MAX_DNS_QUERIES): DnsSession {
  return sessionWithin([{ left: maxQueries }], { asked: new Map(), refused: false }, lookup);
}

interface Budget {
  left: number;
}

/** What all parts of a session know. */
interface Known {
  readonly asked: Map<string, Promise<DnsAnswer>>;
  refused: boolean;
}

/** Every budget of `budgets` pays for a question. */
function sessionWithin(budgets: readonly Budget[], known: Known, lookup: LookupDns): DnsSession {
  const { asked } = known;
  const lookupDns: LookupDns = (name, type, signal) => {
    const key = questionKey(name, type);
    const before = asked.get(key);
    if (before !== undefined) return before;
    if (budgets.some(({ left }) => left <= 0)) {
      known.refused = true;
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
    refused: () => known.refused,
    within: (max) => sessionWithin([...budgets, { left: max }], known, lookup),
  };
}
