/** What `h=` leaves open of the fields that a reader goes by (RFC 6376 §8.15). */
import type { SignableHeader } from './fields.ts';

/**
 * Fields that stand once (RFC 5322 §3.6, RFC 2045 §3) and of which readers take the first, a signature the last: a second
 * Content-Type shows other content. Not To or References, which honest programs write twice.
 */
const SHOWS_CONTENT = ['subject', 'content-type', 'content-transfer-encoding'] as const;

/** Of the fields whose names are covered, whether more are there than are covered: any From, or one that shows the content. */
export function leftOpen(
  header: SignableHeader,
  signedNames: readonly string[],
): 'from' | 'content' | undefined {
  const isOpen = (lowerName: string): boolean => {
    const covered = signedNames.filter((name) => name === lowerName).length;
    return covered > 0 && covered < header.named(lowerName).length;
  };
  if (!signedNames.includes('from') || isOpen('from')) return 'from';
  return SHOWS_CONTENT.some(isOpen) ? 'content' : undefined;
}
