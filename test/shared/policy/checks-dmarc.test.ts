/** What `check` says about the section `dmarc` beyond the pairs of files in test/fixtures/policy. */
import { describe, expect, it } from 'vitest';
import { type Problem, parsePolicy } from '../../../shared/policy/index.ts';
import { dmarcGroups } from '../../../shared/policy/lookups.ts';
import { checkNetwork } from '../../../shared/policy/networks.ts';

const NOW = Date.UTC(2026, 10, 20);
const EXPIRED = `version: 1
organization: { domains: [example.com] }
dmarc:
  exceptions:
    - from: partner.example
      authenticatedBy: { dkim: news.example }
      reason: newsletter
      owner: Jane
      expires: 2026-11-01
`;

describe('an exception that has expired', () => {
  const problems = (options: {
    readonly now?: number;
    readonly refuseExpired?: boolean;
  }): readonly Problem[] => {
    const parsed = parsePolicy(EXPIRED, 'policy.yaml', options);
    return parsed.ok ? parsed.warnings : parsed.problems;
  };

  it('is refused where somebody checks the file, with its line and whom to ask', () => {
    expect(problems({ now: NOW, refuseExpired: true })).toEqual([
      {
        file: 'policy.yaml',
        line: 9,
        column: 7,
        path: 'dmarc.exceptions[0].expires',
        severity: 'error',
        message:
          'the exception has expired, so it does not hold: remove it or give it a later date; ask "Jane"',
      },
    ]);
  });

  it('is a warning for other commands, and takes no function down', () => {
    expect(problems({ now: NOW })).toMatchObject([{ severity: 'warning', line: 9 }]);
    expect(problems({})).toEqual([]);
  });

  it.each([
    [Date.UTC(2026, 9, 2, 0, 0, 0, 1), 1],
    [Date.UTC(2026, 9, 2), 0],
  ])('warns thirty days before, at %i', (now, count) => {
    expect(problems({ now, refuseExpired: true })).toHaveLength(count);
  });
});

describe('the address that reports come from', () => {
  it.each([
    ['dmarc@example.com', 0],
    ['dmarc@reports.example.com', 0],
    ['dmarc@other.example', 1],
    ['dmarc@badexample.com', 1],
  ])('%s: %i errors', (from, count) => {
    const text = `version: 1
organization: { domains: [example.com] }
dmarc:
  reports: { from: ${from}, organization: Example, contact: a@b.example }
`;
    const parsed = parsePolicy(text, 'policy.yaml');
    const problems = parsed.ok ? [] : parsed.problems;
    expect(problems.map(({ path }) => path)).toEqual(Array(count).fill('dmarc.reports.from'));
  });
});

describe('a word of many', () => {
  it('that is misspelt: the one that was meant stands before the others', () => {
    const text = `version: 1
organization: { domains: [example.com] }
rules: [{ name: x, when: { direction: inbound, dmarcReason: fail-rejekt }, do: [{ prependSubject: x }] }]
`;
    const parsed = parsePolicy(text, 'policy.yaml');
    expect(parsed.ok ? '' : parsed.problems[0]?.message).toMatch(
      /^got "fail-rejekt"; did you mean "fail-reject"\? \(expected one of pass, /,
    );
  });
});

describe('networks', () => {
  it.each([
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['2001:DB8:0:0::/32', '2001:db8::/32'],
    ['2001:db8::1', '2001:db8::1/128'],
    ['::ffff:192.0.2.1', '::ffff:c000:201/128'],
  ])('%s', (written, normal) => {
    expect(checkNetwork(written)).toEqual({ value: normal });
  });

  it.each([
    ['192.0.2.7/24', true],
    ['192.0.2.128/25', false],
    ['192.0.2.129/25', true],
    ['10.1.0.0/8', true],
    ['192.0.2.7/32', false],
    ['2001:db8::1/64', true],
    ['2001:db8::/64', false],
    ['2001:db8::8000/113', false],
    ['2001:db8::8001/113', true],
  ])('%s looks like one machine: %s', (written, isOne) => {
    expect('warning' in checkNetwork(written)).toBe(isOne);
  });

  it.each([
    '',
    '/24',
    '192.0.2',
    '192.0.2.256',
    '1.2.3.4/024',
    '1.2.3.4/',
    ':',
    '1::2::3',
    '::/0',
    '10.0.0.0/7',
    'example.com',
    '0x7f.1',
  ])('not %j', (written) => {
    expect(checkNetwork(written)).toHaveProperty('why');
  });
});

describe('groups that dmarc asks about', () => {
  it('are those of exceptions and recipients, each once', () => {
    const parsed = parsePolicy(
      `version: 1
organization: { domains: [example.com] }
dmarc:
  exceptions:
    - { from: a.example, to: ["group:a", x@example.com], authenticatedBy: { dkim: b.example }, reason: r }
  recipients:
    - { to: ["group:a", "group:b", list:own], mode: monitor }
`,
      'policy.yaml',
    );
    expect(parsed.ok && parsed.policy.dmarc && dmarcGroups(parsed.policy.dmarc)).toEqual(['a', 'b']);
  });
});
