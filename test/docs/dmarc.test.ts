/** The pages about DMARC: every policy in them is one, every reason has its section, and the table of outcomes is what is decided. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decideDmarc } from '../../shared/auth/dmarc/decide.ts';
import { REASONS } from '../../shared/auth/dmarc/reasons.ts';
import type { Evidence } from '../../shared/auth/evidence-types.ts';
import { type Policy, readPolicy } from '../../shared/policy/index.ts';
import {
  chain,
  context,
  evidence,
  FAIL,
  PASS,
  published,
  sesSays,
  signedBy,
} from '../shared/auth/dmarc/cases.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');
const page = read('dmarc.md');
const reasons = read('dmarc-reasons.md');
const policies = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
const NOW = Date.UTC(2026, 10, 21);

async function policyOf(text: string): Promise<Policy> {
  const parsed = await readPolicy(text, 'policy.yaml', { now: NOW, refuseExpired: true });
  if (parsed.ok) return parsed.policy;
  throw new Error(parsed.problems.map(({ line, message }) => `line ${line}: ${message}`).join('\n'));
}

/** What stands in the table, by the first words of its rows. */
const outcomes = [...page.matchAll(/^\| ([^|]+) \| (Inbox|Junk|tried again) \| `([a-z-]+)` \|$/gm)].map(
  ([, message = '', ends = '', reason = '']) => ({ message, ends, reason }),
);

const fails = (p: 'none' | 'quarantine' | 'reject' | 'no-record', changes: Partial<Evidence> = {}) => ({
  ses: sesSays('fail'),
  dmarc: FAIL,
  discovery: published(p),
  ...changes,
});
const NONE = { dmarc: { ...FAIL, result: 'none' } } as const;
const seal = (sealer: string) => chain({ sealer, dmarc: 'pass' });

/** The messages of the table. */
const MESSAGES: Readonly<Record<string, Evidence>> = {
  'passes, by its signature': evidence({ dmarc: PASS }),
  'passes, as SES says': evidence({ dmarc: { ...PASS, source: 'ses' } }),
  'fails, `p=none`': evidence(fails('none')),
  'fails, `p=quarantine`': evidence(fails('quarantine')),
  'fails, `p=reject`': evidence(fails('reject')),
  'fails, `p=reject` in testing (`t=y`)': evidence(
    fails('reject', { discovery: published('reject', { testing: true }) }),
  ),
  'fails, and the domain has no record any more': evidence(fails('no-record')),
  '`p=reject`, through the list at lists.example': evidence(
    fails('reject', { list: { domain: 'lists.example', signed: true } }),
  ),
  '`p=reject`, through any other list': evidence(
    fails('reject', { list: { domain: 'other.example', signed: true } }),
  ),
  '`p=reject`, forwarded and sealed by alumni.example, which saw it pass': evidence(
    fails('reject', { arc: seal('alumni.example') }),
  ),
  "`p=reject`, forwarded without a seal, or with another's": evidence(
    fails('reject', { arc: seal('other.example') }),
  ),
  '`p=reject`, of partner.example, signed by newsletters.example': evidence(
    fails('reject', { dkim: [signedBy('newsletters.example')] }),
    'partner.example',
  ),
  'of partner.example, not signed': evidence(fails('reject'), 'partner.example'),
  'in your name, from outside, even under `p=none`': evidence(fails('none'), 'example.com'),
  'in your name, signed by payroll.example': evidence(
    fails('quarantine', { dkim: [signedBy('payroll.example')] }),
    'example.com',
  ),
  'of `examp1e.com`, which passes': evidence({ dmarc: PASS }, 'examp1e.com'),
  'of a stranger called Jane Doe, which passes': evidence({ dmarc: PASS, displayName: 'Jane Doe' }),
  'of careless.example, which publishes `p=none`': evidence(fails('none'), 'careless.example'),
  'of a domain without a record': evidence(NONE),
  'From with two authors': evidence({
    author: { kind: 'several', why: 'x', domains: ['bank.example', 'good.example'] },
  }),
  'no From': evidence({ author: { kind: 'none', why: 'x' } }),
  'the block of SES is missing, and nothing is signed': evidence(),
  'a delivery report of Amazon (permerror)': evidence({ ses: sesSays('permerror'), automatic: true }),
  'fails, and DNS does not answer': evidence(fails('reject', { discovery: 'temporary' })),
};
const ENDS = {
  default: 'Inbox',
  junk: 'Junk',
  bounce: 'bounced',
  drop: 'nowhere',
  neverJunk: 'Inbox',
} as const;

describe('docs/dmarc.md', () => {
  test.each(policies.map((text, index) => [index + 1, text] as const))('policy %i', async (_index, text) => {
    expect((await policyOf(text)).dmarc).toBeDefined();
  });

  test('the table has every message, and each ends where it says', async () => {
    const text = policies.find((one) => one.includes('ownDomains')) ?? '';
    const { dmarc, organization } = await policyOf(text);
    expect(outcomes.map(({ message }) => message)).toEqual(Object.keys(MESSAGES));
    if (dmarc === undefined) throw new Error('no section dmarc');
    const found = outcomes.map(({ message }) => {
      const gathered = MESSAGES[message];
      if (gathered === undefined) throw new Error(message);
      const decision = decideDmarc(gathered, dmarc, context({ organization, nowMs: NOW }));
      const ends = decision.temporary === true ? 'tried again' : ENDS[decision.action];
      return { message, ends, reason: decision.reason };
    });
    expect(found).toEqual(outcomes);
  });
});

describe('docs/dmarc-reasons.md', () => {
  const sections = reasons.split(/^## /m).slice(1);

  test('has one section for each reason, in the order of the registry', () => {
    const codes = sections.flatMap((section) => /^`([a-z-]+)`\n/.exec(section)?.[1] ?? []);
    expect(codes.toSorted()).toEqual(Object.keys(REASONS).toSorted());
  });

  test.each(Object.keys(REASONS))('%s: what it means, what happens, what to do', (code) => {
    const section = sections.find((one) => one.startsWith(`\`${code}\`\n`)) ?? '';
    for (const part of ['What it means', 'What happens', 'What to do'])
      expect(section).toMatch(new RegExp(`^\\*\\*${part}\\.\\*\\* [A-Z].+\\.$`, 'm'));
  });

  test('names every hint', () => {
    const source = readFileSync(join(import.meta.dirname, '../../shared/auth/look-alike/hints.ts'), 'utf8');
    const codes = [...source.matchAll(/^ {4}\| '([a-z-]+)'/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(5);
    for (const code of codes) expect(reasons).toContain(`| \`${code}\` |`);
  });
});

test('docs/policy.md names every reason for rules', () => {
  const row = read('policy.md')
    .split('\n')
    .find((line) => line.startsWith('| `dmarcReason` |'));
  for (const code of Object.keys(REASONS)) expect(row).toContain(`\`${code}\``);
});
