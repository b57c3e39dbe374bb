/** `mailroom dmarc check`: what a domain publishes, and what is wrong with it. */
import { asciiDomain } from '../../shared/auth/domain.ts';
import { allFindings, checkDomain } from '../dmarc/check/check.ts';
import { domainText } from '../dmarc/check/text.ts';
import { openDns } from '../dmarc/dns.ts';
import { EXIT, readArguments, WrongUse } from './usage.ts';

const HELP = `Usage: mailroom dmarc check DOMAIN [options]

Looks up what the domain publishes, as receivers of its mail do: the DMARC record at each step of the walk up the DNS and
what applies, whether reports reach the addresses in it, the SPF record with the number of look-ups that it costs, DKIM keys, and whether
mail that WorkMail sends for the domain passes.

  --selector NAME     look at this DKIM key; may be given several times
  --mail-from DOMAIN  the custom MAIL FROM domain that is set up in SES
  --dns ADDRESS:PORT  resolver (default: this machine's)
  --zone FILE         take a zone file for the DNS; nothing is asked of anybody
  --json              print everything as JSON

dmarcbis-41 and aggregate-reporting-32 are the last drafts of RFC 9989 and RFC 9990.

Exit code: 0 no problem, 1 problems, 2 wrong use.
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  selector: { type: 'string', multiple: true },
  'mail-from': { type: 'string' },
  dns: { type: 'string' },
  zone: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** A DNS that does not answer at all would take minutes for so many names. */
const MAX_MS = 60_000;
/** RFC 6376 §3.1: labels with dots between them. */
const SELECTOR = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,120}[A-Za-z0-9_])?$/;
const MAX_SELECTORS = 20;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments({ args, allowPositionals: true, options: OPTIONS });
  if (values.help === true) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw new WrongUse('give one domain');
  const domain = domainOf(name);
  const mailFrom = values['mail-from'] === undefined ? undefined : domainOf(values['mail-from']);
  const selectors = values.selector ?? [];
  const bad = selectors.find((selector) => !SELECTOR.test(selector));
  if (bad !== undefined)
    throw new WrongUse(
      `--selector takes the part of the name before ._domainkey; got ${JSON.stringify(bad)}`,
    );
  if (selectors.length > MAX_SELECTORS) throw new WrongUse(`give at most ${MAX_SELECTORS} selectors`);
  const dns = await openDns(values);
  try {
    const signal = AbortSignal.timeout(MAX_MS);
    const report = await checkDomain({ domain, selectors, mailFrom }, dns.lookupDns, signal);
    process.stdout.write(values.json === true ? `${JSON.stringify(report, null, 2)}\n` : domainText(report));
    return allFindings(report).some(({ level }) => level === 'problem') ? EXIT.findings : EXIT.fine;
  } finally {
    await dns.close();
  }
}

function domainOf(text: string): string {
  const domain = asciiDomain(text.replace(/\.$/, ''));
  if (domain === undefined || !domain.includes('.'))
    throw new WrongUse(`${JSON.stringify(text)} is no domain such as example.com`);
  return domain;
}
