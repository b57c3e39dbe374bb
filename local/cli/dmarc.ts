/** `mailroom dmarc …`: what one does before and beside enforcement. */
import { EXIT, WrongUse } from './usage.ts';

const HELP = `Usage: mailroom dmarc report FILE... [options]
       mailroom dmarc check DOMAIN [options]
       mailroom dmarc simulate DIR|LOG --policy POLICY.yaml [options]

  report    what receivers report about your domains: who sends as you, what fails, what p=reject would break
  check     what a domain publishes: DMARC record, reporting addresses, SPF, DKIM keys
  simulate  what a policy would do to mail of the past; nothing is switched on

"mailroom dmarc report --help" tells the options of one.
`;

const LOADERS: Readonly<Record<string, () => Promise<{ run(args: string[]): Promise<number> }>>> = {
  report: () => import('./dmarc-report.ts'),
  check: () => import('./dmarc-check.ts'),
  simulate: () => import('./dmarc-simulate.ts'),
};

export async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h') {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const load = name !== undefined && Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined;
  if (load === undefined)
    throw new WrongUse(
      name === undefined
        ? 'say report, check or simulate'
        : `there is no "${name}"; say report, check or simulate`,
    );
  return (await load()).run(rest);
}
