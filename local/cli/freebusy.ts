/** `mailroom freebusy`: asks a running stand-in for free/busy times, as a user's calendar asks WorkMail. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TemporaryError } from '../../shared/errors.ts';
import { isRecord } from '../../shared/workmail/json.ts';
import { freeBusyText, isFreeBusyReport } from '../availability/report.ts';
import { EXIT, readArguments, WrongUse } from './usage.ts';

const HELP = `Usage: mailroom freebusy MAILBOX... [options]

Asks a running stand-in ("mailroom start") for the free/busy times of mailboxes elsewhere. It calls the function that
organization.yaml sets for their domain, as WorkMail does, and checks the answer as strictly.

  --from TIME        RFC 3339, such as 2026-03-16T09:00:00Z (default: today, 00:00 UTC)
  --to TIME          (default: 7 days later)
  --requester USER   who asks (default: the organization's first user)
  --data DIR         the data folder of the stand-in, which says where it answers (default: .mailroom)
  --url URL          the stand-in's page, when its folder is elsewhere
  --json             print the answer as JSON

Exit code: 0 every mailbox was answered, 1 one was not or the stand-in is not there, 2 wrong use.
`;

const DEFAULT_URL = 'http://127.0.0.1:8025';

function queryOf(
  mailboxes: readonly string[],
  values: { readonly from?: string; readonly to?: string; readonly requester?: string },
): URLSearchParams {
  const query = new URLSearchParams();
  for (const mailbox of mailboxes) query.append('mailbox', mailbox);
  for (const name of ['from', 'to', 'requester'] as const) {
    const value = values[name];
    if (value !== undefined) query.set(name, value);
  }
  return query;
}

/** The page of the stand-in that runs on the folder; without one, the page's usual place. */
async function runningAt(data: string): Promise<string> {
  const ports: unknown = await readFile(join(data, 'ports.json'), 'utf8').then(JSON.parse, () => undefined);
  const http = isRecord(ports) ? ports['http'] : undefined;
  return typeof http === 'number' ? `http://127.0.0.1:${http}` : DEFAULT_URL;
}

function urlOf(text: string): URL {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new WrongUse(`--url takes a URL such as ${DEFAULT_URL}; got "${text}"`);
  return new URL('/api/freebusy', text);
}

async function ask(url: URL): Promise<unknown> {
  const response = await fetch(url).catch(() => {
    throw new TemporaryError(`no stand-in answers at ${url.origin}; "mailroom start" runs one`);
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.status === 400 && isRecord(answer) && typeof answer['problem'] === 'string')
    throw new WrongUse(answer['problem']);
  if (!response.ok) throw new TemporaryError(`the stand-in at ${url.origin} answered ${response.status}`);
  return answer;
}

/** `mailroom freebusy`. Throws WrongUse. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments({
    args,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      from: { type: 'string' },
      to: { type: 'string' },
      requester: { type: 'string' },
      data: { type: 'string', default: '.mailroom' },
      url: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  if (positionals.length === 0) throw new WrongUse('give the mailboxes to ask about');
  const url = urlOf(values.url ?? (await runningAt(values.data)));
  url.search = queryOf(positionals, values).toString();
  const report = await ask(url);
  if (!isFreeBusyReport(report)) throw new TemporaryError(`what answers at ${url.origin} is no stand-in`);
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : freeBusyText(report));
  return report.mailboxes.every((result) => result.kind === 'times') ? EXIT.fine : EXIT.findings;
}
