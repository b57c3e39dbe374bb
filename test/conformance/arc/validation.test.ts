/** Every validation case of the ARC test suite. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { validateArc } from '../../../shared/auth/arc/index.ts';
import { parseMessage } from '../../../shared/mime/index.ts';
import { readValidationSuite, recordLookup } from './suite.ts';

const path = join(
  process.env['MAILROOM_CORPORA'] ?? '',
  'auth/arc_test_suite/arc-draft-validation-tests.json',
);
const { signal } = new AbortController();

describe.skipIf(!existsSync(path))('ARC test suite, validation (set MAILROOM_CORPORA to run)', () => {
  const cases = existsSync(path) ? readValidationSuite(path) : [];

  it('has 171 cases', () => {
    expect(cases.length).toBe(171);
  });

  // Without a status the suite means a chain whose seal says cv=fail: RFC 8617 §5.2 step 2 makes that a failure.
  it.for(cases)('$name: $cv', async ({ message, cv, records }) => {
    const evidence = await validateArc(parseMessage(Buffer.from(message)), {
      lookupTxt: recordLookup(records),
      signal,
    });
    expect(evidence.result, evidence.reason).toBe(cv === '' ? 'fail' : cv);
    expect(evidence.sets.length > 0).toBe(evidence.result === 'pass');
  });
});
