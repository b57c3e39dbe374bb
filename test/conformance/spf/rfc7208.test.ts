/** check_host against both editions of the RFC 7208 test suite (openspf.org, in the corpora): every case. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkHost } from '../../../shared/auth/spf/index.ts';
import { readSpfSuite, suiteLookup } from './suite.ts';

const folder = join(process.env['MAILROOM_CORPORA'] ?? '', 'auth/spf');
const { signal } = new AbortController();

describe.each([
  ['rfc7208-tests.yml', 200],
  ['rfc7208-tests-2014-05.yml', 193],
] as const)('%s', (file, count) => {
  const path = join(folder, file);
  const cases = existsSync(path) ? readSpfSuite(path) : [];

  it.skipIf(cases.length === 0)('has the cases that it is known for', () => {
    expect(cases.length).toBe(count);
  });

  it.for(cases)('$scenario: $name', async ({ host, mailfrom, helo, zone, results }) => {
    const outcome = await checkHost({
      address: host,
      mailFrom: mailfrom,
      helo,
      lookupDns: suiteLookup(zone),
      signal,
    });
    expect(results, outcome.reason).toContain(outcome.result);
  });
});
