/** `mailroom check`: validates a policy file and says what it switches on. */
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { formatProblem, type Policy, type Problem } from '../../shared/policy/index.ts';
import { readPolicyFile } from './policy-file.ts';
import { EXIT, readArguments, WrongUse } from './usage.ts';

const HELP = `Usage: mailroom check POLICY.yaml [--json]

Validates the policy file. Errors and warnings name file, line and column.

  --json   print the problems as JSON

Exit code: 0 usable (perhaps with warnings), 1 errors, 2 wrong use.
`;

function count(number: number, singular: string, plural: string): string {
  return `${number} ${number === 1 ? singular : plural}`;
}

/** One line that tells what the policy switches on. */
function summary(policy: Policy): string {
  const { rules, dmarc, journal, availability } = policy;
  return [
    count(rules.length, 'rule', 'rules'),
    dmarc === undefined ? 'no DMARC enforcement' : `DMARC ${dmarc.mode}`,
    journal?.capture === true ? 'journal on' : 'no journal',
    availability === undefined
      ? 'no availability'
      : `availability of ${count(availability.mailboxes.size, 'mailbox', 'mailboxes')}`,
  ].join(', ');
}

/** Files beside the policy that it names and that are not there: `[path in the policy, file]`. */
async function missingFiles(policy: Policy, file: string): Promise<readonly (readonly [string, string])[]> {
  const named: [string, string][] = [];
  for (const [address, mailbox] of policy.availability?.mailboxes ?? []) {
    for (const [index, source] of mailbox.calendars.entries()) {
      const at = `availability.mailboxes["${address}"].calendars[${index}]`;
      if (source.kind === 'file') named.push([at, source.location]);
      if (source.kind === 'caldav') named.push([at, source.passwordUri]);
    }
  }
  const local = named.filter(([, location]) => !/^[a-z0-9]+:\/\//.test(location));
  const checked = await Promise.all(
    local.map(async ([at, location]) => {
      const found = await access(resolve(dirname(file), location)).then(
        () => true,
        () => false,
      );
      return { found, entry: [at, location] as const };
    }),
  );
  return checked.filter((one) => !one.found).map((one) => one.entry);
}

function printJson(
  ok: boolean,
  problems: readonly Problem[],
  missing: readonly (readonly [string, string])[],
): void {
  const files = missing.map(([path, location]) => ({ path, location }));
  process.stdout.write(`${JSON.stringify({ ok, problems, missingFiles: files }, null, 2)}\n`);
}

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments({
    args,
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const [file] = positionals;
  if (file === undefined || positionals.length !== 1) throw new WrongUse('give one policy file');
  const parsed = await readPolicyFile(file, { refuseExpired: true });
  const problems = parsed.ok ? parsed.warnings : parsed.problems;
  const missing = parsed.ok ? await missingFiles(parsed.policy, file) : [];
  if (values.json === true) {
    printJson(parsed.ok, problems, missing);
    return parsed.ok ? EXIT.fine : EXIT.findings;
  }
  const lines = problems.map(formatProblem);
  for (const [path, location] of missing) lines.push(`${file}: warning: ${path}: ${location} is not there`);
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  lines.push(
    parsed.ok ? `${file}: fine: ${summary(parsed.policy)}` : `${file}: ${count(errors, 'error', 'errors')}`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
  return parsed.ok ? EXIT.fine : EXIT.findings;
}
