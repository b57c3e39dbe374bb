/** `mailroom dmarc report`: reads aggregate reports. */
import { writeFile } from 'node:fs/promises';
import type { Sender } from '../../shared/reports/summary-types.ts';
import { csvText } from '../dmarc/csv.ts';
import { type ReadReports, readReports } from '../dmarc/report-files.ts';
import { reportText } from '../dmarc/report-text.ts';
import { reportsDocument } from '../page/reports-view.ts';
import { EXIT, fileTrouble, readArguments, WrongUse } from './usage.ts';

const HELP = `Usage: mailroom dmarc report FILE... [options]

Reads DMARC aggregate reports (RFC 9990 and RFC 7489) and says who sends as you, what fails and why, and what p=reject
or p=quarantine would break. FILE is XML, .gz, .zip, or the message that brought it (.eml); of a folder every file below
it is read. A report that is there twice counts once.

  --limit N    list N senders (default: 30)
  --csv        print every sender as CSV
  --json       print everything as JSON
  --html FILE  write a page with charts there; the file must not be there yet
  --force      write the page over a file that is there

Exit code: 0 every report is read, 1 something cannot be read or there is no report, 2 wrong use.
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  limit: { type: 'string', default: '30' },
  csv: { type: 'boolean' },
  json: { type: 'boolean' },
  html: { type: 'string' },
  force: { type: 'boolean' },
} as const;

const COLUMNS = [
  'from',
  'by',
  'sender',
  'result',
  'addresses',
  'messages',
  'dkim',
  'spf',
  'fail',
  'none',
  'pass',
  'quarantine',
  'reject',
  'overrides',
  'most from',
];

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments({ args, allowPositionals: true, options: OPTIONS });
  if (values.help === true) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  if (positionals.length === 0) throw new WrongUse('give reports, or a folder of them');
  if (values.csv === true && values.json === true) throw new WrongUse('give --csv or --json, not both');
  const limit = Number(values.limit);
  if (!/^\d{1,6}$/.test(values.limit)) throw new WrongUse(`--limit takes a number, not "${values.limit}"`);
  if (values.force === true && values.html === undefined) throw new WrongUse('--force goes with --html');
  const read = readAll(positionals);
  if (values.html !== undefined) await writePage(values.html, values.force === true, read);
  process.stdout.write(printed(read, limit, values));
  return read.summary.reports === 0 || read.refused.length > 0 ? EXIT.findings : EXIT.fine;
}

function printed(
  read: ReadReports,
  limit: number,
  { csv = false, json = false }: { readonly csv?: boolean; readonly json?: boolean },
): string {
  if (json)
    return `${JSON.stringify({ ...read.summary, refused: read.refused, others: read.others }, null, 2)}\n`;
  return csv ? csvText(COLUMNS, read.summary.senders.map(csvRow)) : reportText(read, limit);
}

function csvRow(sender: Sender): Readonly<Record<string, string | number>> {
  return {
    from: sender.from,
    by: sender.by,
    sender: sender.sender,
    result: sender.verdict,
    addresses: sender.sources,
    messages: sender.messages,
    dkim: sender.dkim,
    spf: sender.spf,
    fail: sender.failed,
    ...sender.dispositions,
    overrides: Object.entries(sender.overrides)
      .map(([type, messages]) => `${type} ${messages}`)
      .join('; '),
    'most from': sender.addresses[0]?.address ?? '',
  };
}

function readAll(paths: readonly string[]): ReadReports {
  try {
    return readReports(paths);
  } catch (error) {
    if (!(error instanceof Error && 'path' in error && typeof error.path === 'string')) throw error;
    throw fileTrouble('read', error.path, error);
  }
}

/** Over a file that is there only where that is asked for. */
async function writePage(file: string, force: boolean, { summary }: ReadReports): Promise<void> {
  try {
    await writeFile(file, await reportsDocument(summary), { flag: force ? 'w' : 'wx' });
  } catch (error) {
    throw fileTrouble('write', file, error);
  }
}
