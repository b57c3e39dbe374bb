/** The result words of RFC 8601 §2.7 that SES writes, by method. Any other word means that SES did not write it. */
import type { AuthResult } from '../types.ts';

/** All of them. */
export const AUTH_RESULTS = [
  'pass',
  'fail',
  'softfail',
  'neutral',
  'none',
  'temperror',
  'permerror',
  'policy',
] as const satisfies readonly AuthResult[];

const SPF: ReadonlySet<string> = new Set(AUTH_RESULTS);
const DKIM: ReadonlySet<string> = new Set<AuthResult>([
  'pass',
  'fail',
  'neutral',
  'none',
  'temperror',
  'permerror',
  'policy',
]);
const DMARC: ReadonlySet<string> = new Set<AuthResult>(['pass', 'fail', 'none', 'temperror', 'permerror']);

/** RFC 8601 §2.7.2. */
export function isSpfResult(word: string): word is AuthResult {
  return SPF.has(word);
}

/** RFC 8601 §2.7.1. */
export function isDkimResult(word: string): word is AuthResult {
  return DKIM.has(word);
}

/** dmarcbis-41 §9.2. */
export function isDmarcResult(word: string): word is AuthResult {
  return DMARC.has(word);
}
