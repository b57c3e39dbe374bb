/** The template, an administrator's answers to its questions, and what the code reads and counts. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { LintFacts } from '../../local/template/lint.ts';
import { readTemplate } from '../../local/template/read.ts';
import { type ResolvedTemplate, resolveTemplate, type TemplateMap } from '../../local/template/resolve.ts';

const ROOT = resolve(import.meta.dirname, '../..');

export const TEMPLATE = readFileSync(join(ROOT, 'template.yaml'), 'utf8');
export const READ = readTemplate(TEMPLATE);

export const ORGANIZATION = `m-${'0123456789abcdef'.repeat(2)}`;
export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';

/** What has no default. */
export const NEEDED = {
  OrganizationId: ORGANIZATION,
  PolicyUri: 's3://example-policy/policy.yaml',
  PolicyArn: 'arn:aws:s3:::example-policy/policy.yaml',
};

/** Everything that can be switched on. */
export const EVERYTHING = {
  ...NEEDED,
  UseRewrite: 'yes',
  UseDmarc: 'yes',
  UseJournal: 'yes',
  UseAvailability: 'yes',
  KeepMail: 'yes',
  DeleteAfterPut: 'yes',
  MarkKeyParameter: '/mailroom/mark-key',
  CalendarArns: 'arn:aws:s3:::example-calendars/a.ics,arn:aws:ssm:eu-west-1:111122223333:parameter/caldav',
  DecryptKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
  JournalKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/2',
  JournalKeepDays: '400',
  UseKeep: 'yes',
  CopyDays: '400',
  NoticesFrom: 'mailroom@example.com',
  UseGroups: 'yes',
  ReportsFrom: 'dmarc@example.com',
  AlarmEmail: 'admin@example.com',
  ReservedConcurrency: '5',
};

export function resolved(
  parameters: Readonly<Record<string, string>> = NEEDED,
  source: string | TemplateMap = READ,
): ResolvedTemplate {
  return resolveTemplate(source, { parameters, region: REGION, account: ACCOUNT, stackName: 'mailroom' });
}

function words(file: string, pattern: RegExp): ReadonlySet<string> {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''));
}

export const FACTS: LintFacts = {
  variables: words('handlers/edge/environment.ts', /'((?:POLICY|MAILROOM|AWS_ENDPOINT)_[A-Z_]+)'/g),
  metrics: words('handlers/edge/metrics.ts', /^ *\| '([A-Z][A-Za-z]+)'/gm),
};
