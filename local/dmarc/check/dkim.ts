/** The DKIM keys that a domain publishes under the selectors that were given: nobody can list them. */
import {
  type DkimKey,
  type KeyProblem,
  keyProblem,
  parseKeyRecord,
} from '../../../shared/auth/signatures/key-record.ts';
import type { LookupTxt } from '../../../shared/auth/types.ts';
import { TemporaryError } from '../../../shared/errors.ts';
import { type Finding, note, problem, warning } from './finding.ts';

export interface KeyReport {
  readonly selector: string;
  readonly name: string;
  readonly type: string | undefined;
  /** Of an RSA key. */
  readonly bits: number | undefined;
  readonly findings: readonly Finding[];
}

/** RFC 8301 §3.2: verifiers refuse less; signers should use 2048. */
const MIN_BITS = 1024;
const GOOD_BITS = 2048;

const WHY: Readonly<Record<string, Finding>> = {
  'not-a-key': problem('is no DKIM key', 'RFC 6376 §3.6.1'),
  'key-syntax': problem('cannot be read as a key', 'RFC 6376 §3.6.1'),
  'key-revoked': problem('is revoked: p is empty', 'RFC 6376 §3.6.1'),
  'key-type': problem('is of a type that is neither rsa nor ed25519', 'RFC 8463 §4'),
};

/** What keeps a key that can be read from being used for mail. */
const USE: Readonly<Partial<Record<KeyProblem, Finding>>> = {
  'key-service': problem('is for another service than mail: s= names neither email nor *', 'RFC 6376 §3.6.1'),
  'key-hash': problem('allows no hash that receivers take: h= lacks sha256', 'RFC 8301 §3.1'),
  'key-too-large': warning('is so large that receivers may not take it', 'RFC 8301 §3.2'),
};

/** Looks one key up. A failure of the DNS is a finding. */
export async function checkKey(
  selector: string,
  domain: string,
  lookupTxt: LookupTxt,
  signal: AbortSignal,
): Promise<KeyReport> {
  const name = `${selector}._domainkey.${domain}`;
  const nothing = { selector, name, type: undefined, bits: undefined };
  try {
    const answer = await lookupTxt(name, signal);
    if (answer.kind !== 'records') return { ...nothing, findings: [problem('is not published')] };
    return keyOf(nothing, answer.records);
  } catch (error) {
    if (!(error instanceof TemporaryError)) throw error;
    return { ...nothing, findings: [warning('the DNS does not answer')] };
  }
}

function keyOf(nothing: Omit<KeyReport, 'findings'>, records: readonly string[]): KeyReport {
  const several =
    records.length > 1
      ? [warning(`has ${records.length} records: receivers may take any of them`, 'RFC 6376 §3.6.2.2')]
      : [];
  const parsed = parseKeyRecord(records[0] ?? '');
  if (!parsed.ok) {
    const why = WHY[parsed.why];
    return { ...nothing, findings: why === undefined ? several : [why, ...several] };
  }
  const { bits, testing } = parsed.key;
  const findings: Finding[] = [...several, ...useFindings(parsed.key)];
  if (bits !== undefined && bits < MIN_BITS)
    findings.push(problem(`has ${bits} bits: receivers refuse less than ${MIN_BITS}`, 'RFC 8301 §3.2'));
  else if (bits !== undefined && bits < GOOD_BITS)
    findings.push(warning(`has ${bits} bits; ${GOOD_BITS} are usual`, 'RFC 8301 §3.2'));
  if (testing) findings.push(warning('says t=y: a signature that fails is as none', 'RFC 6376 §3.6.1'));
  const { asymmetricKeyType } = parsed.key.key;
  if (asymmetricKeyType === 'ed25519')
    findings.push(note('is ed25519: not every receiver knows it, so sign with rsa as well'));
  return { ...nothing, type: asymmetricKeyType, bits, findings };
}

function useFindings(key: DkimKey): Finding[] {
  const why = keyProblem(key, key.type === 'rsa' ? 'rsa-sha256' : 'ed25519-sha256');
  const finding = why === undefined ? undefined : USE[why];
  return finding === undefined ? [] : [finding];
}
