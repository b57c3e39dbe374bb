/** check_host() (RFC 7208 §4): a record's mechanisms from left to right, then its redirect. */
import { isAscii, isWithin } from '../domain.ts';
import { dotted, type IpAddress, samePrefix } from './address.ts';
import { expandMacros, type MacroLetter, type MacroPiece, shortened } from './macro.ts';
import { isAskable, isWithinPrefix, type Questions } from './questions.ts';
import { isSpfRecord, type Mechanism, parseSpfRecord, type Qualified } from './record.ts';

/** A fixed code: why the result is what it is. */
export type SpfReason =
  | 'matched'
  /** Nothing matches: neutral (§4.7). */
  | 'default'
  | 'no-record'
  /** No domain that could have a record (§4.3). */
  | 'domain'
  /** The client's address is none. */
  | 'address'
  | 'several-records'
  | 'syntax'
  | 'too-many-lookups'
  | 'too-many-void-lookups'
  | 'too-many-mx'
  /** `include` or `redirect` names a domain without a record. */
  | 'include-without-record'
  | 'redirect-without-record'
  /** The DNS did not answer. */
  | 'dns';

export interface Ruling {
  readonly result: Qualified | 'none' | 'temperror' | 'permerror';
  readonly reason: SpfReason;
}

/** Who is checked; the same for every record that is included (§5.2). */
export interface Identity {
  readonly local: string;
  readonly senderDomain: string;
  readonly helo: string;
}

export interface Check extends Identity {
  readonly client: IpAddress;
  readonly questions: Questions;
}

/** Whether a mechanism matches, or what ends the whole check. */
type Match = boolean | Ruling;

/** check_host() for the record at `domain`. It calls itself for includes and redirects, ten times at most. */
export async function evaluate(check: Check, domain: string): Promise<Ruling> {
  const records = (await check.questions.txt(domain)).filter(isSpfRecord);
  const [text] = records;
  if (text === undefined) return { result: 'none', reason: 'no-record' };
  if (records.length > 1) return permanent('several-records');
  const record = parseSpfRecord(text);
  if (record === undefined) return permanent('syntax');
  for (const { qualified, mechanism } of record.directives) {
    const match = await matches(check, mechanism, domain);
    if (typeof match === 'object') return match;
    if (check.questions.tooManyVoid()) return permanent('too-many-void-lookups');
    if (match) return { result: qualified, reason: 'matched' };
  }
  // §6.1: `all` always matches, so that a redirect beside it is never reached.
  return record.redirect === undefined
    ? { result: 'neutral', reason: 'default' }
    : redirected(check, record.redirect, domain);
}

async function redirected(check: Check, target: readonly MacroPiece[], domain: string): Promise<Ruling> {
  if (!check.questions.term()) return permanent('too-many-lookups');
  const name = await expanded(check, target, domain);
  const ruling = await evaluate(check, name);
  // §6.1: there must be a record.
  return ruling.result === 'none' ? permanent('redirect-without-record') : ruling;
}

async function matches(check: Check, mechanism: Mechanism, domain: string): Promise<Match> {
  if (mechanism.name === 'all') return true;
  const { client } = check;
  if (mechanism.name === 'ip') return samePrefix(client, mechanism.network, mechanism.prefix);
  if (!check.questions.term()) return permanent('too-many-lookups');
  // RFC 8616 §4: a local part beyond ASCII is in no name, so that a term made from it matches nothing.
  if (mechanism.domain?.some(namesLocalPart) === true && !isAscii(check.local)) return false;
  const name = mechanism.domain === undefined ? domain : await expanded(check, mechanism.domain, domain);
  // §4.8: a name that cannot be asked for matches nothing; for include, there is no record.
  if (!isAskable(name) && mechanism.name !== 'include') return false;
  switch (mechanism.name) {
    case 'include':
      return included(await evaluate(check, name));
    case 'a':
      return isAmong(client, await check.questions.addresses(name), mechanism);
    case 'mx':
      return matchesMailHost(check, name, mechanism);
    case 'ptr':
      return (await check.questions.validatedNames('term', (found) => isWithin(found, name))).length > 0;
    case 'exists':
      return check.questions.exists(name);
  }
}

function namesLocalPart(piece: MacroPiece): boolean {
  return piece.kind === 'macro' && (piece.letter === 's' || piece.letter === 'l');
}

/** §5.2: the table of results. */
function included(ruling: Ruling): Match {
  if (ruling.result === 'pass') return true;
  if (ruling.result === 'none') return permanent('include-without-record');
  return ruling.result === 'permerror' || ruling.result === 'temperror' ? ruling : false;
}

interface Prefixes {
  readonly prefix4: number;
  readonly prefix6: number;
}

function isAmong(client: IpAddress, addresses: readonly string[], { prefix4, prefix6 }: Prefixes): boolean {
  const bits = client.family === 4 ? prefix4 : prefix6;
  return addresses.some((address) => isWithinPrefix(client, address, bits));
}

/** §5.4. The hosts are asked for at the same time, and looked at in their order: what fails behind a match is nobody's loss. */
async function matchesMailHost({ client, questions }: Check, name: string, sizes: Prefixes): Promise<Match> {
  const hosts = await questions.mailHosts(name);
  if (hosts === undefined) return permanent('too-many-mx');
  for (const answer of await Promise.allSettled(hosts.map(questions.hostAddresses))) {
    if (answer.status === 'rejected') throw answer.reason;
    if (isAmong(client, answer.value, sizes)) return true;
  }
  return false;
}

async function expanded(check: Check, pieces: readonly MacroPiece[], domain: string): Promise<string> {
  return shortened(await expandMacros(pieces, (letter) => macroValue(check, letter, domain))).toLowerCase();
}

/** §7.2. */
function macroValue(check: Check, letter: MacroLetter, domain: string): string | Promise<string> {
  switch (letter) {
    case 's':
      return `${check.local}@${check.senderDomain}`;
    case 'l':
      return check.local;
    case 'o':
      return check.senderDomain;
    case 'd':
      return domain;
    case 'i':
      return dotted(check.client);
    case 'p':
      return validatedName(check, domain);
    case 'h':
      return check.helo;
    case 'v':
      return check.client.family === 4 ? 'in-addr' : 'ip6';
  }
}

/** §7.3 `p`: the domain itself, one below it, any; else `unknown`. */
async function validatedName({ questions }: Check, domain: string): Promise<string> {
  const names = await questions.validatedNames('macro', () => true);
  return (
    names.find((name) => name === domain) ??
    names.find((name) => isWithin(name, domain)) ??
    names[0] ??
    'unknown'
  );
}

function permanent(reason: SpfReason): Ruling {
  return { result: 'permerror', reason };
}
