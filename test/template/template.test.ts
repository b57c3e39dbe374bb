/** template.yaml, as it is and as "mailroom package" makes it: against AWS's description, our own rules, and the code. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HANDLERS } from '../../local/build.ts';
import { MAX_DIRECT_BYTES, packagedTemplate } from '../../local/package/template.ts';
import { lintTemplate } from '../../local/template/lint.ts';
import { readTemplate } from '../../local/template/read.ts';
import { isList, isMap, TemplateError, type TemplateMap } from '../../local/template/types.ts';
import { EVERYTHING, FACTS, NEEDED, READ, resolved, TEMPLATE } from './given.ts';
import { specProblems } from './spec.ts';
import '../support/properties.ts';

const ZIPS = new Map(HANDLERS.map((name) => [name, `${name}-0123456789abcdef.zip`]));
const PACKAGED = packagedTemplate(TEMPLATE, ZIPS, { bucket: 'example-code', prefix: 'mailroom/' });

function section(name: string): TemplateMap {
  const value = READ[name];
  return isMap(value) ? value : {};
}

describe.each([
  ['template.yaml', TEMPLATE],
  ['the packaged template', PACKAGED],
])('%s', (_name, text) => {
  const template = readTemplate(text);

  test('is what AWS describes', () => {
    expect(specProblems(template)).toEqual([]);
  });

  test('is closed, pinned, logged and described, with everything switched on', () => {
    expect(lintTemplate(template, resolved(EVERYTHING, template), FACTS)).toEqual([]);
  });

  test('has a function for every handler, with the bundle of that handler', () => {
    const functions = [...resolved(EVERYTHING, template).resources.values()].filter(
      ({ type }) => type === 'AWS::Serverless::Function',
    );
    expect(functions.map(({ logicalId }) => logicalId.toLowerCase()).sort()).toEqual([...HANDLERS].sort());
    for (const { logicalId, properties } of functions)
      expect(JSON.stringify(properties['CodeUri'])).toMatch(
        new RegExp(`(dist/${logicalId.toLowerCase()}"|/${logicalId.toLowerCase()}-[0-9a-f]{16}\\.zip)`),
      );
  });
});

describe('the packaged template', () => {
  test('fits into a call of CloudFormation without a bucket between', () => {
    expect(Buffer.byteLength(PACKAGED)).toBeLessThanOrEqual(MAX_DIRECT_BYTES);
  });

  // YAML 1.1 knows no "\\/", and CloudFormation reads that.
  test('escapes nothing that YAML 1.1 does not', () => {
    expect(PACKAGED.match(/^[^'"\n]*"(?:[^"\\\n]|\\.)*\\[^"\\0abtnvfreNLP_xuU ]/gm)).toBeNull();
    expect(PACKAGED).toContain("AllowedPattern: '^([A-Za-z0-9._-]+[/])*$'");
  });

  // Other readers of YAML 1.1, the AWS command line's among them, take it for the beginning of a key.
  test('has no question mark in the middle of a line but in quotes', () => {
    const bare = PACKAGED.replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'/g, '');
    expect(bare.match(/^ [A-Za-z]+: \{.*\?.*$/gm)).toBeNull();
  });

  test('asks for the bucket of the zips where it was not told', () => {
    const text = packagedTemplate(TEMPLATE, ZIPS, { bucket: undefined, prefix: '' });
    expect(() => resolved(NEEDED, text)).toThrow('Parameters.CodeBucket: has no default');
    const { resources } = resolved({ ...NEEDED, CodeBucket: 'mine', CodePrefix: 'a/' }, text);
    expect(resources.get('Mailflow')?.properties['CodeUri']).toEqual({
      Bucket: 'mine',
      Key: 'a/mailflow-0123456789abcdef.zip',
    });
  });

  test('is refused where a handler has no function, or a function no handler', () => {
    const place = { bucket: undefined, prefix: '' };
    const more = new Map([...ZIPS, ['quarantine', 'quarantine-0.zip']]);
    expect(() => packagedTemplate(TEMPLATE, more, place)).toThrow('no function for quarantine');
    const fewer = new Map([...ZIPS].slice(1));
    expect(() => packagedTemplate(TEMPLATE, fewer, place)).toThrow('there is no handler mailflow');
  });
});

/** Answers that an administrator may give, for every parameter that has a list of them or can be empty. */
const answers = fc.record(
  Object.fromEntries(
    Object.entries(section('Parameters')).flatMap(([name, declared]) => {
      if (!isMap(declared) || name in NEEDED || name === 'WorkMailRegion') return [];
      const { AllowedValues, Default } = declared;
      const full = Object.entries(EVERYTHING).find(([key]) => key === name)?.[1];
      const values = isList(AllowedValues) ? AllowedValues : [full ?? Default ?? '', Default ?? ''];
      return [[name, fc.constantFrom(...values.map(String))]];
    }),
  ),
);

describe('whatever is switched on', () => {
  test('the template can be worked out, and is closed, unless its rules say why not', () => {
    fc.assert(
      fc.property(answers, (given) => {
        try {
          const all = resolved({ ...NEEDED, ...given });
          expect(lintTemplate(READ, all, FACTS)).toEqual([]);
        } catch (error) {
          if (!(error instanceof TemplateError)) throw error;
          expect(error.message).toMatch(/^Rules\.DmarcIsInbound: /);
          expect([given['Direction'], given['UseDmarc']]).toEqual(['outbound', 'yes']);
        }
      }),
      { numRuns: 25 },
    );
  });

  const SWITCHES = ['UseMailflow', 'UseRewrite', 'UseDmarc', 'UseJournal', 'UseAvailability', 'KeepMail'];
  const combinations = Array.from({ length: 2 ** SWITCHES.length }, (_, bits) =>
    Object.fromEntries(
      SWITCHES.map((name, index) => [name, (bits & (1 << index)) === 0 ? 'no' : 'yes'] as const),
    ),
  );

  test('every set of functions can be worked out, none and all included, and is closed', () => {
    for (const given of combinations)
      expect(lintTemplate(READ, resolved({ ...NEEDED, ...given }), FACTS), JSON.stringify(given)).toEqual([]);
  });

  test('nothing is left of what is switched off', () => {
    const ids = [...resolved().resources.keys()];
    expect(ids.filter((id) => /^(Rewrite(?!Bucket)|Dmarc|Journal|Availability|Keep)/.test(id))).toEqual([]);
    expect(ids.filter((id) => id.startsWith('Mailflow'))).toHaveLength(12);
  });

  test('somebody who wants the banner alone gets the banner alone', () => {
    const { resources } = resolved({ ...NEEDED, UseMailflow: 'no', UseRewrite: 'yes', Direction: 'inbound' });
    const kinds = [...resources.values()].filter(({ type }) => type !== 'AWS::CloudWatch::Alarm');
    expect(kinds.map(({ logicalId }) => logicalId).sort()).toEqual([
      'AlarmTopic',
      'Dashboard',
      'ReadMessages',
      'ReadPolicy',
      'ReplaceMessages',
      'Rewrite',
      'RewriteBucket',
      'RewriteBucketPolicy',
      'RewriteInvokeRight',
      'RewriteLog',
      'RewriteRole',
    ]);
  });

  test('a stack in another region than WorkMail holds free/busy alone', () => {
    const elsewhere = { ...NEEDED, WorkMailRegion: 'us-east-1', UseAvailability: 'yes' };
    expect(() => resolved(elsewhere)).toThrow('Rules.MailNeedsTheRegion');
    const { resources } = resolved({ ...elsewhere, UseMailflow: 'no' });
    expect(resources.get('AvailabilityInvokeRight')?.properties).toMatchObject({
      Principal: 'availability.workmail.us-east-1.amazonaws.com',
      SourceArn: expect.stringContaining('arn:aws:workmail:us-east-1:111122223333:organization/m-'),
    });
    // S3 takes no principal that does not exist, and WorkMail is in three regions.
    expect(JSON.stringify([...resources.values()])).not.toContain('"workmail.');
  });
});

describe('what an administrator gets who answers nothing', () => {
  const { resources } = resolved();

  test('is the one function for "*", which watches and changes nothing', () => {
    const mailflow = resources.get('Mailflow')?.properties;
    expect(mailflow).toMatchObject({ Timeout: 15, Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    expect(mailflow?.['Environment']).toMatchObject({
      Variables: {
        MAILROOM_MODE: 'monitor',
        MAILROOM_DELETE_AFTER_PUT: 'false',
        MAILROOM_JOURNAL_BUCKET: '',
      },
    });
  });

  test('names no bucket, so that no name is taken or has a dot', () => {
    expect(resources.get('RewriteBucket')?.properties['BucketName']).toBeUndefined();
  });
});

describe('the journal bucket', () => {
  test('is locked for a while in a way that a person with the right can undo', () => {
    const { resources } = resolved({ ...NEEDED, KeepMail: 'yes' });
    expect(resources.get('JournalBucket')?.properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: '30' } } },
    });
  });

  test('can be without a lock, and keeps the possibility', () => {
    const { resources } = resolved({ ...NEEDED, KeepMail: 'yes', JournalLock: 'none' });
    expect(resources.get('JournalBucket')?.properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' },
    });
  });
});

test('the dashboard is JSON, and shows what the functions count', () => {
  const body = resolved(EVERYTHING).resources.get('Dashboard')?.properties['DashboardBody'];
  const text = JSON.stringify(JSON.parse(String(body)));
  for (const metric of FACTS.metrics) expect(text).toContain(`"${metric}"`);
  expect(FACTS.metrics.size).toBe(12);
});

describe('the parameters that are ARNs', () => {
  const object = 'arn:aws:s3:::example-calendars/a.ics';
  const password = 'arn:aws:ssm:eu-west-1:111122223333:parameter/caldav';
  const key = 'arn:aws:kms:eu-west-1:111122223333:key/1';
  test.each([
    ['CalendarArns', '', true],
    ['CalendarArns', `${object},${password}`, true],
    ['CalendarArns', 'arn:aws:s3:::example-calendars/team/*', true],
    ['CalendarArns', `${password}/*`, true],
    ['CalendarArns', '*', false],
    ['CalendarArns', `${object},*`, false],
    ['CalendarArns', 'arn:aws:s3:::*', false],
    ['CalendarArns', 'arn:aws:s3:::example-*/a.ics', false],
    ['CalendarArns', 'arn:aws:ssm:eu-west-1:111122223333:parameter/*', false],
    ['CalendarArns', 's3://example-calendars/a.ics', false],
    ['DecryptKeyArn', key, true],
    // A right to an alias is a right to no key.
    ['DecryptKeyArn', 'arn:aws:kms:eu-west-1:111122223333:alias/mailroom', false],
    ['DecryptKeyArn', 'arn:aws:kms:*:*:key/*', false],
    ['JournalKeyArn', key, true],
    ['JournalKeyArn', 'arn:aws:kms:eu-west-1:111122223333:alias/mailroom', false],
  ])('%s=%s', (name, given, allowed) => {
    const parameters = { ...NEEDED, [name]: given };
    if (allowed) expect(() => resolved(parameters)).not.toThrow();
    else expect(() => resolved(parameters)).toThrow(`Parameters.${name}`);
  });
});

describe('the parameter of the mark key', () => {
  test.each([
    ['mailroom-mark-key', true],
    ['/mailroom/mark-key', true],
    ['', true],
    // Systems Manager: a name with a slash in it begins with one.
    ['mailroom/mark-key', false],
    ['/', false],
    ['a b', false],
  ])('"%s"', (name, allowed) => {
    const parameters = { ...NEEDED, MarkKeyParameter: name };
    if (allowed) expect(() => resolved(parameters)).not.toThrow();
    else expect(() => resolved(parameters)).toThrow('Parameters.MarkKeyParameter');
  });
});
