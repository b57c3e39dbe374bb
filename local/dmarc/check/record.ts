/** What is wrong with the text of a DMARC record, and what it may not mean as its owner thinks. */
import { parseDmarcRecord } from '../../../shared/auth/dmarc/record.ts';
import { type Finding, note, problem, warning } from './finding.ts';

const FORMAT = 'dmarcbis-41 §4.7';
const SYNTAX = 'dmarcbis-41 §4.8';
const DISCOVERY = 'dmarcbis-41 §4.10.1';

/** dmarcbis-41 §4.8: what the value of each tag is. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  p: ['none', 'quarantine', 'reject'],
  sp: ['none', 'quarantine', 'reject'],
  np: ['none', 'quarantine', 'reject'],
  adkim: ['r', 's'],
  aspf: ['r', 's'],
  t: ['y', 'n'],
  psd: ['y', 'n', 'u'],
};
const OTHER_TAGS: ReadonlySet<string> = new Set(['v', 'rua', 'ruf', 'fo']);
/** dmarcbis-41 §9.3: historic. */
const HISTORIC: Readonly<Record<string, string>> = {
  pct: 'pct is historic: receivers apply the policy to all mail. Instead of pct=0 there is t=y',
  rf: 'rf is historic and ignored: there is one format of failure reports',
  ri: 'ri is historic and ignored: reports come daily',
};
const STRENGTH = ['none', 'quarantine', 'reject'];
/** Said of one record; a record of 64 tags has no use for more. */
const MAX_FINDINGS = 30;

/** `text` is one TXT record that begins as a DMARC record. */
export function checkRecord(text: string): readonly Finding[] {
  const pieces = text.split(';').slice(1);
  const { tags, findings } = readTags(pieces);
  const parsed = parseDmarcRecord(text);
  if (!parsed.ok)
    return [problem(`the record does not count: ${parsed.why}`, FORMAT), ...findings].slice(0, MAX_FINDINGS);
  return [
    ...findings,
    ...policyFindings(tags, parsed.record.rua.length > 0),
    ...reportFindings(tags),
    ...otherFindings(tags),
  ].slice(0, MAX_FINDINGS);
}

function readTags(pieces: readonly string[]): { tags: Map<string, string>; findings: Finding[] } {
  const tags = new Map<string, string>();
  const findings: Finding[] = [];
  for (const piece of pieces.map((each) => each.trim()).filter((each) => each !== '')) {
    const equals = piece.indexOf('=');
    const name = piece.slice(0, Math.max(equals, 0)).trim();
    if (!/^[A-Za-z]+$/.test(name))
      findings.push(warning(`"${shown(piece)}" is no tag and is skipped`, SYNTAX));
    else if (tags.has(name)) findings.push(problem(`the tag ${name} comes twice`, 'RFC 6376 §3.2'));
    else tags.set(name, piece.slice(equals + 1).trim());
  }
  for (const [name, value] of tags) {
    const allowed = Object.hasOwn(VALUES, name) ? VALUES[name] : undefined;
    const old = Object.hasOwn(HISTORIC, name) ? HISTORIC[name] : undefined;
    if (old !== undefined) findings.push(warning(old, 'dmarcbis-41 §9.3'));
    else if (allowed === undefined && !OTHER_TAGS.has(name))
      findings.push(note(`the tag ${shown(name)} is not known and is ignored`, FORMAT));
    else if (allowed !== undefined && !allowed.includes(value.toLowerCase()))
      findings.push(problem(`${name}=${shown(value)} is none of ${allowed.join(', ')}`, SYNTAX));
  }
  return { tags, findings };
}

function policyFindings(tags: ReadonlyMap<string, string>, reportsWanted: boolean): Finding[] {
  const isValid = (name: string): boolean =>
    VALUES[name]?.includes(tags.get(name)?.toLowerCase() ?? '') === true;
  const invalid = ['sp', 'np'].some((name) => tags.has(name) && !isValid(name)) || !isValid('p');
  if (invalid) {
    const instead = reportsWanted ? 'it counts as p=none' : 'no mail is judged by it';
    return [problem(`p is missing or wrong, or sp or np is wrong: ${instead}`, DISCOVERY)];
  }
  const p = tags.get('p')?.toLowerCase() ?? '';
  const findings: Finding[] = [];
  if (p === 'none') findings.push(note('p=none: receivers report and do nothing else'));
  for (const name of ['sp', 'np']) {
    const value = tags.get(name)?.toLowerCase();
    if (value !== undefined && STRENGTH.indexOf(value) < STRENGTH.indexOf(p))
      findings.push(warning(`${name}=${value} is weaker than p=${p}: forgers take a subdomain`, FORMAT));
  }
  return findings;
}

function reportFindings(tags: ReadonlyMap<string, string>): Finding[] {
  const findings: Finding[] = [];
  if (!tags.has('rua'))
    findings.push(warning('there is no rua: nobody reports to you what fails', 'dmarcbis-41 §5.1.3'));
  if (tags.has('fo') && !tags.has('ruf')) findings.push(note('fo is ignored without ruf', FORMAT));
  for (const name of ['rua', 'ruf']) {
    const uris = (tags.get(name) ?? '').split(',').map((uri) => uri.trim());
    for (const uri of uris.filter((each) => each !== '')) findings.push(...uriFindings(name, uri));
  }
  return findings;
}

function uriFindings(name: string, uri: string): Finding[] {
  if (/![0-9]+[kmgt]?$/i.test(uri))
    return [note(`the size behind "!" in ${name} is obsolete and ignored`, SYNTAX)];
  if (/^[^:]+@[^@]+$/.test(uri)) return [problem(`${name}: "${shown(uri)}" lacks mailto: in front`, SYNTAX)];
  if (!/^mailto:/i.test(uri))
    return [
      warning(
        `${name}: "${shown(uri)}" is no mailto: address; receivers ignore what they do not support`,
        FORMAT,
      ),
    ];
  return [];
}

function otherFindings(tags: ReadonlyMap<string, string>): Finding[] {
  const findings: Finding[] = [];
  const value = (name: string): string => tags.get(name)?.toLowerCase() ?? '';
  if (value('t') === 'y') findings.push(note('t=y: receivers apply the policy one level weaker', FORMAT));
  if (value('psd') === 'y')
    findings.push(
      warning('psd=y says that this is a public suffix, such as co.uk; it is for registries', FORMAT),
    );
  if (value('aspf') === 's')
    findings.push(
      warning('aspf=s: mail of WorkMail never passes by SPF, since a custom MAIL FROM domain is a subdomain'),
    );
  return findings;
}

/** A record may hold kilobytes in one tag. */
function shown(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
