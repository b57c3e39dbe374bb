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
])('%j is refused by name', (args, problem) => {
  const call = () => parseStartOptions(args);
  expect(call).toThrow(WrongUse);
  expect(call).toThrow(problem);
});
