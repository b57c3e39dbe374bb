/** Whether mailflow has a bucket for what the policy keeps. */
import { describe, expect, test } from 'vitest';
import { checkKept } from '../../../local/doctor/checks/journal-bucket.ts';
import type { FunctionFacts } from '../../../local/doctor/deployed.ts';
import { type Policy, parsePolicy } from '../../../shared/policy/index.ts';

function policy(journal: string): Policy {
  const parsed = parsePolicy(
    `version: 1\norganization:\n  domains: [example.com]\n${journal}`,
    'policy.yaml',
  );
  if (!parsed.ok) throw new Error('the policy of this test is wrong');
  return parsed.policy;
}

function deployed(logicalId: string, bucket: string | undefined): { readonly functions: FunctionFacts[] } {
  const Variables = bucket === undefined ? {} : { MAILROOM_JOURNAL_BUCKET: bucket };
  return {
    functions: [
      {
        logicalId,
        role: 'synchronous',
        name: `mailroom-${logicalId}`,
        configuration: { kind: 'answer', value: { Environment: { Variables } } },
        codeUrl: undefined,
        policy: { kind: 'answer', value: [] },
      },
    ],
  };
}

const KEEPS = policy('journal:\n  capture: true\n');

describe('the bucket of the journal', () => {
  test.each([[''], [undefined]])('is missed when the policy keeps mail and the function has %j', (bucket) => {
    const [found, ...more] = checkKept(deployed('Mailflow', bucket), [KEEPS]);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ id: 'journal-bucket', level: 'fail', subject: 'mailroom-Mailflow' });
    expect(found?.mend).toContain('KeepMail');
  });

  test('is fine when it is there', () => {
    expect(checkKept(deployed('Mailflow', 'example-journal'), [KEEPS])).toMatchObject([
      { id: 'journal-bucket', level: 'ok', meaning: expect.stringContaining('example-journal') },
    ]);
  });

  test('is not asked for when the policy keeps nothing, nor of a function that does not keep', () => {
    expect(checkKept(deployed('Mailflow', ''), [policy('')])).toEqual([]);
    expect(checkKept(deployed('Mailflow', ''), [policy('journal:\n  capture: false\n')])).toEqual([]);
    expect(checkKept(deployed('Rewrite', ''), [KEEPS])).toEqual([]);
  });
});
