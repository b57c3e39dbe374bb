import { describe, expect, it } from 'vitest';
import { readEnvironment, readMode } from '../../../handlers/edge/environment.ts';
import { PermanentError } from '../../../shared/errors.ts';

describe('readEnvironment', () => {
  it('takes nothing at all', () => {
    expect(readEnvironment({})).toEqual({
      policyUri: undefined,
      organizationId: undefined,
      rewriteBucket: undefined,
      journalBucket: undefined,
      keepBucket: undefined,
      deleteAfterPut: false,
      markKeyUri: undefined,
      dnsServer: undefined,
      logLevel: 'info',
      functionName: 'local',
      taskRoot: undefined,
      s3PathStyle: false,
    });
  });

  it('reads every name, and an empty value as unset', () => {
    const variables = {
      POLICY_URI: 's3://config/mail/policy.yaml',
      MAILROOM_ORGANIZATION_ID: 'm-0123456789abcdef0123456789abcdef',
      MAILROOM_REWRITE_BUCKET: 'mailroom-rewrite',
      MAILROOM_JOURNAL_BUCKET: 'mailroom.journal',
      MAILROOM_KEEP_BUCKET: 'mailroom-keep',
      MAILROOM_DELETE_AFTER_PUT: 'true',
      MAILROOM_MARK_KEY_URI: 'kms://alias/mailroom-mark',
      MAILROOM_DNS: '[::1]:5353',
      MAILROOM_LOG: 'warn',
      LAMBDA_TASK_ROOT: '/var/task',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:8026',
    };
    expect(readEnvironment(variables)).toEqual({
      policyUri: 's3://config/mail/policy.yaml',
      organizationId: 'm-0123456789abcdef0123456789abcdef',
      rewriteBucket: 'mailroom-rewrite',
      journalBucket: 'mailroom.journal',
      keepBucket: 'mailroom-keep',
      deleteAfterPut: true,
      markKeyUri: 'kms://alias/mailroom-mark',
      dnsServer: '[::1]:5353',
      logLevel: 'warn',
      functionName: 'local',
      taskRoot: '/var/task',
      s3PathStyle: true,
    });
    const empty = Object.fromEntries(Object.keys(variables).map((name) => [name, '']));
    expect(readEnvironment(empty)).toEqual(readEnvironment({}));
  });

  it.each([
    ['POLICY_URI', 'https://example.com/policy.yaml'],
    ['POLICY_URI', 's3://bucket-only'],
    ['MAILROOM_ORGANIZATION_ID', 'example'],
    ['MAILROOM_REWRITE_BUCKET', 'my.bucket'],
    ['MAILROOM_REWRITE_BUCKET', 'My-Bucket'],
    ['MAILROOM_JOURNAL_BUCKET', 'Q_'],
    ['MAILROOM_KEEP_BUCKET', 'Q_'],
    ['MAILROOM_MARK_KEY_URI', 's3://bucket/key'],
    ['MAILROOM_DNS', 'dns.example.com'],
    ['MAILROOM_DNS', '127.0.0.1:99999'],
    ['MAILROOM_LOG', 'loud'],
    ['MAILROOM_DELETE_AFTER_PUT', 'yes'],
  ])('names %s when it is %s, and does not repeat the value', (name, value) => {
    const read = () => readEnvironment({ [name]: value });
    expect(read).toThrow(PermanentError);
    expect(read).toThrow(name);
    expect(read).not.toThrow(value);
  });

  it.each([
    ['POLICY_URI', './policies/policy.yaml'],
    ['POLICY_URI', '/etc/mailroom/policy.yaml'],
    ['POLICY_URI', 'file:policy.yaml'],
    ['POLICY_URI', 'file:///etc/policy.yaml'],
    ['POLICY_URI', 'ssm:///mailroom/policy'],
    ['MAILROOM_MARK_KEY_URI', 'keys/mark.key'],
    ['MAILROOM_DNS', '127.0.0.1'],
    ['MAILROOM_DNS', '127.0.0.1:5353'],
    ['MAILROOM_DNS', '::1'],
  ])('takes %s=%s', (name, value) => {
    expect(() => readEnvironment({ [name]: value })).not.toThrow();
  });

  it('tells every wrong variable at once', () => {
    expect(() => readEnvironment({ MAILROOM_LOG: 'x', MAILROOM_DNS: 'y' })).toThrow(
      /MAILROOM_LOG.*MAILROOM_DNS/,
    );
  });
});

describe('readMode', () => {
  it.each([
    [undefined, 'enforce'],
    ['', 'enforce'],
    ['off', 'off'],
    ['monitor', 'monitor'],
    ['enforce', 'enforce'],
  ])('%s is %s', (value, mode) => {
    expect(readMode({ MAILROOM_MODE: value })).toBe(mode);
  });

  it.each(['Off', 'true', 'disabled'])('names the variable when it is %s', (value) => {
    const read = () => readMode({ MAILROOM_MODE: value });
    expect(read).toThrow(PermanentError);
    expect(read).toThrow('MAILROOM_MODE: expected off, monitor or enforce');
    expect(read).not.toThrow(value);
  });

  it('looks at no other variable: off works also where another one is wrong', () => {
    expect(readMode({ MAILROOM_MODE: 'off', MAILROOM_DNS: 'wrong' })).toBe('off');
  });
});
