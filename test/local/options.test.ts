import { expect, test } from 'vitest';
import { WrongUse } from '../../local/cli/usage.ts';
import { parseStartOptions } from '../../local/options.ts';

test('the defaults are the ports that the README names', () => {
  expect(parseStartOptions([])).toMatchObject({
    smtpPort: 2525,
    submissionPort: 2587,
    httpPort: 8025,
    awsPort: 8026,
    dnsPort: 8053,
    awsBind: '127.0.0.1',
    dns: 'zone',
    dist: undefined,
  });
});

test.each([
  [['--smtp-port', 'x'], '--smtp-port takes a port, 0 to 65535, not "x"'],
  [['--http-port', '70000'], '--http-port takes a port, 0 to 65535, not "70000"'],
  [['--dns', 'google'], '--dns takes "zone" or "system", not "google"'],
  [['--time-scale', '0'], '--time-scale takes a positive number, not "0"'],
  [['--smpt-port', '1'], "Unknown option '--smpt-port'"],
  [['surplus'], "Unexpected argument 'surplus'"],
  [['--fault', 's3:* slow'], '--fault "s3:* slow": "slow" is no fault'],
  [['--permissions', 'all'], '--permissions takes "template" or "none", not "all"'],
  [
    ['--set', 'PATH=/tmp'],
    '--set takes NAME=VALUE, with a NAME of POLICY_URI or a name that begins with MAILROOM_; got "PATH"',
  ],
  [['--set', 'MAILROOM_MODE'], '--set takes NAME=VALUE, not "MAILROOM_MODE"'],
  [['--template-parameter', 'Mode='], '--template-parameter takes NAME=VALUE, not "Mode="'],
  [['--fault', 's3:PutObjects cut'], '--fault "s3:PutObjects cut": "PutObjects" is no operation here'],
  [
    ['--parameter', 'a b=file'],
    '--parameter takes NAME=FILE, with a NAME of letters, digits, ".", "_", "-" and slashes; got "a b"',
  ],
])('%j is refused by name', (args, problem) => {
  const call = () => parseStartOptions(args);
  expect(call).toThrow(WrongUse);
  expect(call).toThrow(problem);
});

test('faults, settings and parameters are read', () => {
  const options = parseStartOptions([
    ...['--fault', 's3:* cut', '--fault', 'ssm:* denied', '--set', 'POLICY_URI=s3://b/a=b'],
    ...['--parameter', '/mailroom/key=/tmp/key', '--template-parameter', 'KeepMail=no'],
  ]);
  expect(options).toMatchObject({
    faults: [{ kind: 'cut' }, { kind: 'denied' }],
    settings: { POLICY_URI: 's3://b/a=b' },
    templateParameters: { KeepMail: 'no' },
    parameters: new Map([['/mailroom/key', '/tmp/key']]),
    permissions: 'template',
  });
});
