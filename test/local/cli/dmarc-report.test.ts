/** `mailroom dmarc report`: files and folders in, a text, CSV, JSON or a page out. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../local/cli/dmarc.ts';
import { WrongUse } from '../../../local/cli/usage.ts';
import {
  METADATA,
  recordText,
  reportMessage,
  reportText,
} from '../../shared/reports/aggregate/make-report.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { printed } from './printed.ts';

const spf = (domain: string) => `<spf><domain>${domain}</domain><result>pass</result></spf>`;
const RECORDS = [
  recordText({ count: 1200 }),
  recordText({ count: 30, dkim: 'fail', spf: 'fail', results: spf('esp.example'), ip: '198.51.100.7' }),
  recordText({ count: 4, dkim: 'fail', spf: 'fail', results: '', ip: '203.0.113.9', disposition: 'reject' }),
];
const REPORT = reportText({ records: RECORDS });
const HOSTILE = reportText({
  metadata: METADATA.replace('r-1', 'r-9').replace('Reporter', '=cmd()'),
  records: [recordText({ from: '=hyperlink(1)\u009b31m&lt;script&gt;,"x"', results: '' })],
});

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder('reports');
  await mkdir(join(folder, 'good', 'cur'), { recursive: true });
  await writeFile(join(folder, 'good', 'a.xml.gz'), gzipSync(REPORT));
  await writeFile(join(folder, 'good', 'cur', 'b.eml'), reportMessage(['application/zip', gzipSync(REPORT)]));
  await writeFile(join(folder, 'good', 'notes.txt'), 'nothing');
  await writeFile(join(folder, 'broken.xml'), REPORT.slice(0, -20));
  await writeFile(join(folder, 'hostile.xml'), HOSTILE);
});

const report = (...args: string[]) => printed(run, ['report', ...args]);

describe('mailroom dmarc report', () => {
  it('a folder: who sends, what fails and why; what comes twice counts once', async () => {
    expect(await report(join(folder, 'good'))).toEqual({
      code: 0,
      text: `1 report of 1 reporter, 2026-01-01 to 2026-01-01.
Left out because they came before: 1 report.

Who sends

from         sender            addresses  messages  dkim  spf  fail  result           handled
example.com  dkim example.com  1          1200      1200  0    0     passes           none 1200
example.com  spf esp.example   1          30        0     0    30    not aligned      none 30
example.com  (nobody)          1          4         0     0    4     unauthenticated  reject 4

example.com publishes p=none; sp=reject: 1,234 messages, of which 1,200 pass.
At p=reject 34 of them (2.8 %) would be refused, at p=quarantine put to Junk:
  30  sent and authenticated as another domain: a service that sends for you (let it sign as your domain), or a forwarder
  4  nothing says who sent it: forged, or a server of yours that nobody set up

Other files in the folder: 1.
`,
    });
  });

  it('a file that cannot be read is told, and the exit code is 1', async () => {
    const { code, text } = await report(join(folder, 'broken.xml'), join(folder, 'good', 'notes.txt'));
    expect(code).toBe(1);
    expect(text).toBe(`There is no report that can be read.

${join(folder, 'broken.xml')}: not read: not well-formed XML (line 2)
${join(folder, 'good', 'notes.txt')}: not read: it is neither XML nor gzip nor zip nor a message
`);
  });

  it('--limit, --csv and --json', async () => {
    const good = join(folder, 'good');
    expect((await report(good, '--limit', '1')).text).toContain('… and 2 senders more; --limit shows them');
    expect((await report(good, '--csv')).text.split('\r\n').slice(0, 3)).toEqual([
      'from,by,sender,result,addresses,messages,dkim,spf,fail,none,pass,quarantine,reject,overrides,most from',
      'example.com,dkim,example.com,passes,1,1200,1200,0,0,1200,0,0,0,,192.0.2.1',
      'example.com,spf,esp.example,not-aligned,1,30,0,0,30,30,0,0,0,,198.51.100.7',
    ]);
    expect(JSON.parse((await report(good, '--json')).text)).toMatchObject({
      reports: 1,
      duplicates: 1,
      domains: [{ domain: 'example.com', failed: 34, wouldBreak: { 'not-aligned': 30 } }],
      refused: [],
      others: 1,
    });
  });

  it('what strangers wrote runs nothing: not in the terminal, not in a spreadsheet, not in a browser', async () => {
    const file = join(folder, 'hostile.xml');
    const page = join(folder, 'page.html');
    const { text } = await report(file, '--html', page);
    expect(text).not.toContain('\u009b');
    expect((await report(file, '--csv')).text).toContain(`"'=hyperlink(1)`);
    const html = await readFile(page, 'utf8');
    expect(html).not.toContain('<script>');
    expect(html).toContain('&lt;script&gt;');
  });

  it('a domain whose mail stands in the table under other names says so', async () => {
    const file = join(folder, 'below.xml');
    await writeFile(file, reportText({ records: [recordText({ from: 'news.example.com' })] }));
    const { text } = await report(file);
    expect(text).toContain(
      'example.com publishes p=none; sp=reject: 1 message, of which 1 pass.\nIts mail says in From: news.example.com.\n',
    );
  });

  it('--html: one file with the chart, over another only with --force', async () => {
    const page = join(folder, 'chart.html');
    await report(join(folder, 'good'), '--html', page);
    const html = await readFile(page, 'utf8');
    expect(html).toMatch(/<rect class="dkim" x="0.00" y="[\d.]+" width="54.00" height="194.49">/);
    expect(html).toContain('1,200 pass by DKIM alone');
    await expect(report(join(folder, 'good'), '--html', page)).rejects.toThrow('it is there already');
    await writeFile(page, 'x'.repeat(html.length + 1));
    await report(join(folder, 'good'), '--html', page, '--force');
    expect(await readFile(page, 'utf8')).toBe(html);
    await expect(report(join(folder, 'good'), '--force')).rejects.toThrow('--force goes with --html');
  });

  it.each([
    [['report'], 'give reports, or a folder of them'],
    [['report', 'x', '--csv', '--json'], 'not both'],
    [['report', 'x', '--limit', 'all'], '--limit takes a number, not "all"'],
    [['report', '/nowhere.xml'], 'cannot read /nowhere.xml: there is no such file'],
    [['report', '--frob'], "Unknown option '--frob'"],
    [[], 'say report, check or simulate'],
    [['toString'], 'there is no "toString"; say report, check or simulate'],
  ])('%j is wrong use', async (args, message) => {
    const error = await run(args).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WrongUse);
    expect(String(error)).toContain(message);
  });
});
