import { describe, expect, it } from 'vitest';
import { mailroom } from './run.ts';

describe('mailroom', () => {
  it('tells its commands when asked for help', async () => {
    const ran = await mailroom(['help']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['start', 'check', 'explain', 'schema', 'invoke', 'log', 'build', 'help']) {
      expect(ran.stdout).toContain(`mailroom ${command}`);
    }
  });

  it('answers 2 and usage when called without a command or with an unknown one', async () => {
    const [without, unknown] = await Promise.all([mailroom([]), mailroom(['frobnicate'])]);
    expect(without).toMatchObject({ code: 2, stdout: '' });
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr.split('\n')[0]).toBe('mailroom: there is no command "frobnicate"');
    expect(unknown.stderr).toContain('Usage:');
  });

  it.each([
    [['check'], 'mailroom check: give one policy file'],
    [['check', 'a', 'b'], 'mailroom check: give one policy file'],
    [['check', '--jsn', 'a'], "mailroom check: Unknown option '--jsn'"],
    [
      ['check', 'nowhere/policy.yaml'],
      'mailroom check: cannot read nowhere/policy.yaml: there is no such file',
    ],
    [['check', 'shared'], 'mailroom check: cannot read shared: it is a folder'],
    [['explain', 'local/sample/policy.yaml'], 'mailroom explain: give a policy file and a message file'],
    [
      ['explain', 'a', 'b', '--inbound', '--outbound'],
      'mailroom explain: give --inbound or --outbound, not both',
    ],
    [
      ['explain', 'a', 'b', '--dns', 'resolver.example:53'],
      'mailroom explain: --dns takes an IP address and a port, as in 127.0.0.1:53; got "resolver.example:53"',
    ],
    [
      ['explain', 'local/sample/policy.yaml', 'local/sample/policy.yaml'],
      'mailroom explain: local/sample/policy.yaml is no message: it does not begin with a header field such as "From: …"',
    ],
    [
      ['explain', 'a', 'b', '--recipient', ''],
      'mailroom explain: --recipient takes an address such as alice@example.com; got ""',
    ],
    [
      ['explain', 'a', 'b', '--sender', 'alice'],
      'mailroom explain: --sender takes an address such as alice@example.com; got "alice"',
    ],
    [
      ['explain', 'local/sample/policy.yaml', 'nowhere.eml'],
      'mailroom explain: cannot read nowhere.eml: there is no such file',
    ],
  ])('says in one line what is wrong with %j', async (args, line) => {
    const ran = await mailroom(args);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    const [first, second] = ran.stderr.split('\n');
    expect(first).toBe(line);
    expect(second).toMatch(/^Usage: mailroom /);
  });
});
