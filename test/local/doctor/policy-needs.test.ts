/** Whether the stack has what the rules need. */
import { describe, expect, test } from 'vitest';
import { checkPolicyNeeds } from '../../../local/doctor/checks/policy-needs.ts';
import type { FunctionFacts } from '../../../local/doctor/deployed.ts';
import { type Policy, parsePolicy } from '../../../shared/policy/index.ts';

const RULES = `notices: { from: mailroom@example.com }
rules:
  - { name: hold, when: { direction: inbound }, do: [{ quarantine: { notify: recipient } }] }
  - { name: group, when: { sentTo: "group:staff@example.com" }, do: [{ prependSubject: "[x]" }] }
`;
const ALL = { UseKeep: 'yes', NoticesFrom: 'mailroom@example.com', UseGroups: 'yes' };

function policy(rules: string): Policy {
  const parsed = parsePolicy(`version: 1\norganization: { domains: [example.com] }\n${rules}`, 'policy.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  return parsed.policy;
}

function check(parameters: Readonly<Record<string, string>>, rules = RULES, logicalId = 'Mailflow') {
  const Parameters = Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  }));
  const facts: FunctionFacts = {
    logicalId,
    role: 'synchronous',
    name: logicalId,
    configuration: { kind: 'answer', value: {} },
    codeUrl: undefined,
    policy: { kind: 'answer', value: [] },
  };
  const stack = {
    StackName: 's',
    CreationTime: new Date(0),
    StackStatus: 'CREATE_COMPLETE',
    Parameters,
  } as const;
  const deployed = { stack: { kind: 'answer', value: stack }, functions: [facts], stackName: 's' } as const;
  return checkPolicyNeeds(deployed, [policy(rules)]);
}

describe('what the rules need', () => {
  test('is there', () => {
    expect(check(ALL)).toMatchObject([{ id: 'policy-needs', level: 'ok' }]);
    expect(check({ ...ALL, NoticesFrom: 'Mailroom@Example.com' })).toMatchObject([{ level: 'ok' }]);
  });

  test.each([
    ['UseKeep', 'no', 'UseKeep=yes,'],
    ['NoticesFrom', '', 'NoticesFrom=mailroom@example.com,'],
    ['NoticesFrom', 'other@example.com', 'NoticesFrom=mailroom@example.com,'],
    ['UseGroups', 'no', 'UseGroups=yes,'],
  ])('is missed: %s=%s', (name, value, mend) => {
    const [found] = check({ ...ALL, [name]: value });
    expect(found).toMatchObject({ level: 'fail', mend: expect.stringContaining(`with ${mend}`) });
  });

  test('is all said at once', () => {
    const [found] = check({ UseKeep: 'no', NoticesFrom: '', UseGroups: 'no' });
    expect(found?.mend).toContain('UseKeep=yes NoticesFrom=mailroom@example.com UseGroups=yes,');
  });

  test('is what dmarc asks for', () => {
    const seal = 'dmarc: { seal: { domain: example.com, selector: arc } }\n';
    expect(check({ MarkKeyParameter: '/mailroom/mark-key' }, seal)).toMatchObject([{ level: 'ok' }]);
    expect(check({ MarkKeyParameter: '' }, seal)[0]?.mend).toContain('with MarkKeyParameter=NAME,');
    expect(check({ UseKeep: 'no' }, 'dmarc: { firstContact: true }\n')[0]?.mend).toContain(
      'with UseKeep=yes,',
    );
  });

  test('is the function that reports, for dmarc.reports', () => {
    const reports = '{ from: dmarc@example.com, organization: Example, contact: a@example.com }';
    const rules = `dmarc: { reports: ${reports} }\n`;
    expect(check({ ReportsFrom: 'dmarc@example.com' }, rules)).toMatchObject([{ level: 'ok' }]);
    expect(check({}, rules)).toMatchObject([{ level: 'ok' }]);
    for (const ReportsFrom of ['', 'other@example.com'])
      expect(check({ ReportsFrom }, rules)[0]?.mend).toContain('with ReportsFrom=dmarc@example.com,');
  });

  test('is nothing for other rules, and not asked of a stack without the functions, or of an older one', () => {
    const none = { UseKeep: 'no', NoticesFrom: '', UseGroups: 'no' };
    expect(check(none, '')).toMatchObject([{ level: 'ok' }]);
    expect(check(none, RULES, 'Dmarc')).toEqual([]);
    expect(check({})).toMatchObject([{ level: 'ok' }]);
  });
});
