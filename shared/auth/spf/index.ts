/**
 * SPF (RFC 7208): whether a domain lets a client's address send mail in its name. The domain's owner publishes a record of
 * mechanisms, tried from left to right; the first that matches tells the result.
 *
 *     const spf = await checkHost({ address: '192.0.2.1', mailFrom: 'a@example.com', helo: 'mx.example.com', lookupDns, signal });
 *     // spf.result: pass, fail, softfail, neutral, none, temperror or permerror
 *
 * Explanations (`exp=`) are not fetched: nobody is answered with a sender's text.
 */
import { TemporaryError } from '../../errors.ts';
import type { LookupDns } from '../dns/types.ts';
import { asciiDomain } from '../domain.ts';
import { parseIpAddress, withoutMapping } from './address.ts';
import { evaluate, type Identity, type Ruling } from './evaluate.ts';
import { MAX_IDENTITY_CHARS } from './limits.ts';
import { createQuestions } from './questions.ts';

export interface SpfInput {
  /** The client's IP address in text form. */
  readonly address: string;
  /** MAIL FROM without angle brackets; empty for the null sender. */
  readonly mailFrom: string;
  /** The name in HELO or EHLO. */
  readonly helo: string;
  readonly lookupDns: LookupDns;
  readonly signal: AbortSignal;
}

export interface SpfOutcome extends Ruling {
  /** The domain that was checked, in lower-case A-labels; undefined when there was none to check. */
  readonly domain: string | undefined;
  /** DNS questions asked. */
  readonly queries: number;
}

/**
 * Checks MAIL FROM, or HELO for the null sender (RFC 7208 §2.4). A temporary failure of the DNS is the result `temperror`;
 * it throws only what `lookupDns` throws beside TemporaryError.
 */
export async function checkHost({
  address,
  mailFrom,
  helo,
  lookupDns,
  signal,
}: SpfInput): Promise<SpfOutcome> {
  const identity = identityOf(mailFrom, helo);
  const parsed = parseIpAddress(address);
  if (parsed === undefined) return none('address', identity?.domain);
  // §4.3: no domain, or none with at least two labels.
  if (identity === undefined) return none('domain', undefined);
  const client = withoutMapping(parsed);
  const questions = createQuestions(client, lookupDns, signal);
  const ruling = await orTemporary(evaluate({ client, questions, ...identity }, identity.domain));
  return { ...ruling, domain: identity.domain, queries: questions.count() };
}

function none(reason: Ruling['reason'], domain: string | undefined): SpfOutcome {
  return { result: 'none', reason, domain, queries: 0 };
}

/** §2.4 and §4.3: for the null sender `postmaster` at the name in HELO, and `postmaster` for a local part that is missing, with its @ or without. */
function identityOf(mailFrom: string, helo: string): (Identity & { readonly domain: string }) | undefined {
  if (mailFrom.length > MAX_IDENTITY_CHARS) return undefined;
  const at = mailFrom.lastIndexOf('@');
  const name = mailFrom === '' ? helo : mailFrom.slice(at + 1);
  const domain = asciiDomain(name.replace(/\.$/, ''));
  if (domain === undefined || !domain.includes('.')) return undefined;
  const local = at > 0 ? mailFrom.slice(0, at) : 'postmaster';
  return { domain, local, senderDomain: domain, helo: helo.slice(0, MAX_IDENTITY_CHARS) };
}

async function orTemporary(ruling: Promise<Ruling>): Promise<Ruling> {
  try {
    return await ruling;
  } catch (error) {
    // §2.6.6: trying again later may tell; never a pass and never a fail.
    if (error instanceof TemporaryError) return { result: 'temperror', reason: 'dns' };
    throw error;
  }
}
