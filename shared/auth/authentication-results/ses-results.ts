/**
 * Reads the Authentication-Results that SES writes. It is not of RFC 8601's grammar:
 *
 *     amazonses.com; spf=pass (spfCheck: …) client-ip=IP; envelope-from=ADDRESS; helo=NAME;
 *      dkim=pass header.i=@DOMAIN; dmarc=pass header.from=DOMAIN;
 *
 * ADDRESS and NAME are what the sender said, copied between the results, and semicolons are allowed in both. Where they
 * end cannot be told from this field alone. Received-SPF holds the same words and nothing behind them: what this field
 * has more is SES's own, however a sender writes his name. From that rest: any number of dkim results, then one dmarc
 * result, the last. And as a second lock, the whole field may hold one place where a dmarc result could begin.
 */
import { asciiDomain } from '../domain.ts';
import type { AuthResult } from '../types.ts';
import { isDkimResult, isDmarcResult } from './results.ts';
import { splitSegments } from './segments.ts';
import { readSpfClause } from './spf-clause.ts';

export interface DkimResult {
  readonly result: AuthResult;
  readonly domain: string | undefined;
}

export interface DmarcResult {
  readonly result: AuthResult;
  readonly headerFromDomain: string | undefined;
}

export type SesResults =
  | {
      readonly state: 'read';
      readonly spf: { readonly result: AuthResult; readonly envelopeFromDomain: string | undefined };
      readonly dkim: readonly DkimResult[];
      readonly dmarc: DmarcResult;
    }
  | { readonly state: 'absent'; readonly why: string }
  | Ambiguous;

interface Ambiguous {
  readonly state: 'ambiguous';
  readonly why: string;
}

const AUTHSERV_ID = 'amazonses.com;';
/** What a segment may begin with in the rest; spf and its three values have been read by then. */
const ALREADY_READ: ReadonlySet<string> = new Set(['spf', 'client-ip', 'envelope-from', 'helo']);
const METHOD = /^([a-z][a-z0-9-]*)=([a-z]+)(?: |$)/;
const DMARC_START = /; ?dmarc=/gi;

/** Both values unfolded, white space collapsed. `why` is one of a few fixed sentences. */
export function readSesResults(authenticationResults: string, receivedSpf: string): SesResults {
  // Exactly this token: not another case, a version, a comment, a longer name (RFC 8601 §5: only one's own id counts).
  if (!authenticationResults.startsWith(AUTHSERV_ID))
    return { state: 'absent', why: 'Authentication-Results is not by amazonses.com' };
  const starts = authenticationResults.match(DMARC_START)?.length ?? 0;
  // SES wrote no dmarc result before 2019.
  if (starts === 0) return { state: 'absent', why: 'no dmarc result' };
  if (starts > 1) return ambiguous('more than one dmarc result');
  const clause = receivedSpf.endsWith(';') ? receivedSpf.slice(0, -1).trimEnd() : receivedSpf;
  const head = `${AUTHSERV_ID} spf=${clause}`;
  if (!authenticationResults.startsWith(`${head};`))
    return ambiguous('Received-SPF and the spf result are not the same');
  const spf = readSpfClause(clause);
  if (!spf.ok) return ambiguous(spf.why);
  const rest = readRest(authenticationResults.slice(head.length + 1));
  return 'state' in rest ? rest : { state: 'read', spf, ...rest };
}

/**
 * The dmarc result at the very end, which SES writes behind all that a sender controls; also when the rest is unclear.
 * A failure counts even where its domain cannot be read: SES may spell an internationalized one in a way of its own.
 */
export function lastDmarcResult(authenticationResults: string): DmarcResult | undefined {
  const text = authenticationResults.replace(/;$/, '');
  const segment = text.slice(text.lastIndexOf(';') + 1).trim();
  const last = readDmarc(segment);
  if ('result' in last) return last;
  return segment.split(' ', 1)[0] === 'dmarc=fail'
    ? { result: 'fail', headerFromDomain: undefined }
    : undefined;
}

function readRest(text: string): { dkim: readonly DkimResult[]; dmarc: DmarcResult } | Ambiguous {
  const split = splitSegments(text);
  if (!split.ok) return ambiguous(split.why);
  const dkim: DkimResult[] = [];
  for (const segment of split.segments.slice(0, -1)) {
    const method = METHOD.exec(segment)?.[1];
    // A method that SES may add one day; it decides nothing here.
    if (method === undefined || method === 'dmarc' || ALREADY_READ.has(method))
      return ambiguous('a result stands where it should not');
    if (method !== 'dkim') continue;
    const result = readDkim(segment);
    if (result === undefined) return ambiguous('a dkim result is not of the known shape');
    dkim.push(result);
  }
  const dmarc = readDmarc(split.segments.at(-1) ?? '');
  return 'state' in dmarc ? dmarc : { dkim, dmarc };
}

function readDkim(segment: string): DkimResult | undefined {
  const [first = '', ...properties] = segment.split(' ');
  const result = first.slice('dkim='.length);
  const identities = properties.filter((property) => property.startsWith('header.i='));
  if (!isDkimResult(result) || identities.length > 1) return undefined;
  // RFC 6376 §3.5 `i=`: the domain is behind the last @; SES writes nothing before it.
  const identity = identities[0]?.slice('header.i='.length) ?? '';
  const domain = identity.startsWith('@') ? asciiDomain(identity.slice(1)) : undefined;
  // The signer chose this name: a pass for something that is no domain is no pass to rely on.
  if (result === 'pass' && domain === undefined) return undefined;
  return { result, domain };
}

function readDmarc(segment: string): DmarcResult | Ambiguous {
  const [first = '', ...properties] = segment.split(' ');
  const result = first.startsWith('dmarc=') ? first.slice('dmarc='.length) : '';
  if (!isDmarcResult(result)) return ambiguous('the last result is no dmarc result');
  // `properties.from` is how SES spelled header.from in 2019.
  const from = properties.filter((property) => /^(?:header|properties)\.from=/.test(property));
  if (from.length > 1) return ambiguous('the dmarc result names two domains');
  const value = from[0]?.slice(from[0].indexOf('=') + 1);
  if (value === undefined) {
    // permerror comes without it on the bounces that SES sends: there was no domain to judge.
    if (result === 'permerror' || result === 'temperror') return { result, headerFromDomain: undefined };
    return ambiguous('the dmarc result names no domain');
  }
  const headerFromDomain = asciiDomain(value);
  if (headerFromDomain === undefined) return ambiguous('the dmarc result names no domain');
  return { result, headerFromDomain };
}

function ambiguous(why: string): Ambiguous {
  return { state: 'ambiguous', why };
}
