import { expect, test } from 'vitest';
import { parseStartOptions } from '../../local/options.ts';

test('the defaults are the ports that the README names', () => {
  const result = parseStartOptions([]);
  expect(result).toMatchObject({
    ok: true,
    options: {
      smtpPort: 2525,
      submissionPort: 2587,
      httpPort: 8025,
      awsPort: 8026,
      dnsPort: 8053,
      awsBind: '127.0.0.1',
      dns: 'zone',
    },
  });
});

test.each([
  [['--smtp-port', 'x'], /--smtp-port takes a port, 0 to 65535, not "x"/],
  [['--http-port', '70000'], /--http-port takes a port/],
  [['--dns', 'google'], /--dns takes "zone" or "system"/],
  [['--time-scale', '0'], /--time-scale takes a positive number/],
  [['--smpt-port', '1'], /Unknown option '--smpt-port'/],
  [['surplus'], /Unexpected argument 'surplus'/],
])('%j is refused by name', (args, problem) => {
  const result = parseStartOptions(args);
  expect(result.ok ? '' : result.problem).toMatch(problem);
});
