/** What an SPF record costs those who check it, and what is wrong with it (RFC 7208). Every mechanism is counted, as for mail that matches none. */
import type { DnsType, LookupDns } from '../../../shared/auth/dns/types.ts';
import { MAX_LOOKUP_TERMS, MAX_MX_NAMES, MAX_VOID_LOOKUPS } from '../../../shared/auth/spf/limits.ts';
import type { MacroPiece } from '../../../shared/auth/spf/macro.ts';
import {
  isSpfRecord,
  type Mechanism,
  parseSpfRecord,
  type SpfRecord,
} from '../../../shared/auth/spf/record.ts';
import { TemporaryError } from '../../../shared/errors.ts';
import { type Finding, note, problem, warning } from './finding.ts';

export interface SpfReport {
  readonly domain: string;
  readonly record: string | undefined;
  /** Mechanisms and modifiers that ask the DNS, those of included records among them; ten are allowed (§4.6.4). */
  readonly lookups: number;
  /** Of them, those that find nothing, for a client of the family that finds less; two are allowed. */
  readonly voids: number;
  /** Domains whose records are included, in order. */
  readonly includes: readonly string[];
  readonly findings: readonly Finding[];
}

interface Counting {
  readonly lookupDns: LookupDns;
  readonly signal: AbortSignal;
  lookups: number;
  /** By the family of the client's address, which decides whether A or AAAA is asked. */
  readonly voids: { A: number; AAAA: number };
  questions: number;
  readonly includes: string[];
  readonly repeated: Set<string>;
  readonly findings: Finding[];
}

/** Look-ups counted; more need no exact number. Against: records that include each other in every order. */
const MAX_COUNTED = 50;
/** Names asked for; each look-up asks two at most. */
const MAX_QUESTIONS = 200;

/** Checks the record of one domain. A failure of the DNS is a finding. */
export async function checkSpf(
  domain: string,
  lookupDns: LookupDns,
  signal: AbortSignal,
): Promise<SpfReport> {
  const counting: Counting = {
    lookupDns,
    signal,
    lookups: 0,
    voids: { A: 0, AAAA: 0 },
    questions: 0,
    includes: [],
    repeated: new Set(),
    findings: [],
  };
  const record = await recordOf(domain, counting, []);
  const { findings, lookups, includes } = counting;
  const voids = Math.max(counting.voids.A, counting.voids.AAAA);
  if (lookups > MAX_LOOKUP_TERMS)
    findings.push(
      problem(
        `${lookups} look-ups, and more than ${MAX_LOOKUP_TERMS} make SPF a permerror: take some out`,
        'RFC 7208 §4.6.4',
      ),
    );
  else if (lookups > MAX_LOOKUP_TERMS - 2)
    findings.push(warning(`${lookups} of ${MAX_LOOKUP_TERMS} look-ups are used`, 'RFC 7208 §4.6.4'));
  if (voids > MAX_VOID_LOOKUPS) findings.push(voidProblem(counting.voids));
  return { domain, record, lookups, voids, includes, findings };
}

function voidProblem({ A, AAAA }: Counting['voids']): Finding {
  const whom = A > MAX_VOID_LOOKUPS ? '' : ', for clients of IPv6: those hosts have no AAAA record';
  return problem(
    `${Math.max(A, AAAA)} look-ups find nothing, and more than ${MAX_VOID_LOOKUPS} make SPF a permerror${whom}`,
    'RFC 7208 §4.6.4',
  );
}

async function recordOf(
  domain: string,
  counting: Counting,
  above: readonly string[],
  by?: 'include' | 'redirect',
): Promise<string | undefined> {
  const texts = await ask(counting, domain, 'TXT');
  if (texts === undefined) return undefined;
  const records = texts.filter(isSpfRecord);
  const [text] = records;
  if (text === undefined) {
    counting.findings.push(noRecord(domain, by));
    return undefined;
  }
  if (records.length > 1)
    counting.findings.push(
      problem(`${domain} has ${records.length} SPF records: that is a permerror`, 'RFC 7208 §4.5'),
    );
  const record = parseSpfRecord(text);
  if (record === undefined)
    counting.findings.push(
      problem(`the SPF record of ${domain} has a syntax error: that is a permerror`, 'RFC 7208 §4.6'),
    );
  else await countRecord(domain, record, counting, above);
  return text;
}

function noRecord(domain: string, by: 'include' | 'redirect' | undefined): Finding {
  if (by === undefined) return problem('there is no SPF record');
  return by === 'include'
    ? problem(`${domain} is included and has no SPF record: that is a permerror`, 'RFC 7208 §5.2')
    : problem(`"redirect" goes to ${domain}, which has no SPF record: that is a permerror`, 'RFC 7208 §6.1');
}

async function countRecord(
  domain: string,
  record: SpfRecord,
  counting: Counting,
  above: readonly string[],
): Promise<void> {
  const end = record.directives.findIndex(({ mechanism }) => mechanism.name === 'all');
  const all = record.directives[end];
  // §5.1: what stands behind "all" is never tried, so it costs nothing.
  const tried = end === -1 ? record.directives : record.directives.slice(0, end);
  for (const { mechanism } of tried) await countMechanism(domain, mechanism, counting, [...above, domain]);
  if (end !== -1 && end + 1 < record.directives.length)
    counting.findings.push(
      warning(`what stands behind "all" in the record of ${domain} is ignored`, 'RFC 7208 §5.1'),
    );
  if (above.length === 0) counting.findings.push(...endFindings(record, all?.qualified));
  // §6.1: with "all" there is no redirect.
  if (record.redirect === undefined || all !== undefined) return;
  counting.lookups += 1;
  await follow('redirect', record.redirect, counting, [...above, domain]);
}

function endFindings(record: SpfRecord, all: string | undefined): Finding[] {
  if (all === undefined && record.redirect === undefined)
    return [warning('it ends without "all": others are neutral, as without a record', 'RFC 7208 §4.7')];
  if (all === 'pass') return [problem('"+all" lets everybody send as this domain', 'RFC 7208 §5.1')];
  if (all === 'neutral') return [warning('"?all" says nothing about others', 'RFC 7208 §8.2')];
  if (all === 'fail')
    return [
      note('"-all" may make receivers refuse forwarded mail before they look at DKIM', 'dmarcbis-41 §7.1'),
    ];
  return [];
}

async function countMechanism(
  domain: string,
  mechanism: Mechanism,
  counting: Counting,
  above: readonly string[],
): Promise<void> {
  if (mechanism.name === 'all' || mechanism.name === 'ip') return;
  counting.lookups += 1;
  if (mechanism.name === 'include') return follow('include', mechanism.domain, counting, above);
  if (mechanism.name === 'ptr') {
    counting.findings.push(
      warning('"ptr" should not be used: it is slow and receivers skip it', 'RFC 7208 §5.5'),
    );
    return;
  }
  const target = mechanism.domain === undefined ? domain : nameOf(mechanism.domain);
  if (target !== undefined) await countVoids(mechanism.name, target, counting);
}

/** §4.6.4: which names hold nothing. A host without an IPv6 address is one for clients of IPv6 alone. */
async function countVoids(name: 'a' | 'mx' | 'exists', target: string, counting: Counting): Promise<void> {
  const types: readonly DnsType[] = name === 'mx' ? ['MX'] : name === 'exists' ? ['A'] : ['A', 'AAAA'];
  const missing: DnsType[] = [];
  for (const type of types) {
    const found = await ask(counting, target, type);
    if (found?.length === 0) missing.push(type);
    if (name === 'mx' && found !== undefined && found.length > MAX_MX_NAMES)
      counting.findings.push(
        problem(
          `${target} has ${found.length} MX hosts, and "mx" with more than ${MAX_MX_NAMES} is a permerror`,
          'RFC 7208 §4.6.4',
        ),
      );
  }
  if (missing.length === types.length) {
    counting.voids.A += 1;
    counting.voids.AAAA += 1;
    counting.findings.push(warning(`"${name}" finds nothing at ${target}`, 'RFC 7208 §4.6.4'));
  } else if (missing.includes('A')) counting.voids.A += 1;
  else if (missing.includes('AAAA')) counting.voids.AAAA += 1;
}

async function follow(
  by: 'include' | 'redirect',
  pieces: readonly MacroPiece[],
  counting: Counting,
  above: readonly string[],
): Promise<void> {
  const target = nameOf(pieces);
  // A macro has another value for each message.
  if (target === undefined || counting.lookups > MAX_COUNTED) return;
  if (above.includes(target)) {
    counting.findings.push(problem(`${target} includes itself: that is a permerror`, 'RFC 7208 §4.6.4'));
    return;
  }
  if (!counting.includes.includes(target)) counting.includes.push(target);
  else if (!counting.repeated.has(target)) {
    counting.repeated.add(target);
    counting.findings.push(warning(`${target} is included more than once, and counts each time`));
  }
  await recordOf(target, counting, above, by);
}

/** Undefined when there is a macro in it. */
function nameOf(pieces: readonly MacroPiece[]): string | undefined {
  const texts = pieces.map((piece) => (piece.kind === 'text' ? piece.text : undefined));
  return texts.includes(undefined) ? undefined : texts.join('').toLowerCase().replace(/\.$/, '');
}

/** Undefined when it cannot be known now. */
async function ask(counting: Counting, name: string, type: DnsType): Promise<readonly string[] | undefined> {
  counting.questions += 1;
  if (counting.questions > MAX_QUESTIONS) return undefined;
  try {
    const answer = await counting.lookupDns(name, type, counting.signal);
    return answer.kind === 'records' ? answer.records : [];
  } catch (error) {
    if (!(error instanceof TemporaryError)) throw error;
    counting.findings.push(warning(`the DNS does not answer for ${name} (${type})`));
    return undefined;
  }
}
