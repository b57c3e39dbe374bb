/** What DMARC's standard asks for and the code says it does, a test shows. Of the standards below it the list is only printed. */
import { describe, expect, it } from 'vitest';
import { clauseCoverage, clausesIn } from './clauses.ts';

describe('clauses of standards', () => {
  it('are found in a sentence, in a list and over the end of a line', () => {
    const text =
      ' * By RFC 6376\n * §3.5, §6.1.1 and §7 (dmarcbis-41 A.4; §9 alone, RFC 822, dmarcbis-41 §5.3.)';
    expect([...clausesIn(text)]).toEqual([
      'RFC 6376 §3.5',
      'RFC 6376 §6.1.1',
      'RFC 6376 §7',
      'dmarcbis-41 A.4',
      'dmarcbis-41 §5.3',
    ]);
  });

  it('of DMARC are all tested where they are cited', () => {
    const { cited, untested } = clauseCoverage();
    const dmarc = cited.filter((clause) => clause.startsWith('dmarcbis-41'));
    expect(dmarc.length).toBeGreaterThan(15);
    expect(untested.filter((clause) => clause.startsWith('dmarcbis-41'))).toEqual([]);
  });
});
