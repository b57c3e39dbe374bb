/** `mailroom log`: asks the email event log, of a stand-in or of a real organization. */
import { type EventDatabase, openEventDatabase, type Row } from '../event-log/database.ts';
import {
  bounces,
  counts,
  dmarcFailures,
  junked,
  mailFrom,
  metrics,
  ruleUse,
  spamByRecipient,
} from '../event-log/queries.ts';
import { explainMail } from '../event-log/why.ts';
import { createDisk } from '../flow/disk.ts';
import { type LogSource, openLogSource } from './log-source.ts';
import { storiesText, tableText } from './log-text.ts';
import { EXIT, readArguments, WrongUse } from './usage.ts';

const HELP = `Usage: mailroom log QUESTION [options]

Asks WorkMail's email event log.

  why --from A --to B   what became of A's mail to B, and why
  mail-from WHO         all mail from an address or a domain
  bounces               what was bounced, with the reasons
  spam                  who gets how much spam
  junked                what went to Junk, with the verdicts; --subject TEXT for some of it
  rule [NAME]           the mail that a rule acted on; without a name, how often each rule acted
  counts                how much each mailbox got and each user sent
  dmarc                 mail that fails DMARC, by what its domain asks for
  metrics               WorkMail's CloudWatch metrics, counted from the events
  sqlite FILE           the events as an SQLite database, for other tools

  --data DIR            the stand-in's data folder (.mailroom)
  --log-group NAME      a real organization's log group in CloudWatch, with your AWS credentials
  --alias ALIAS         the same, found by the organization's alias
  --region REGION       where that group is
  --since WHEN          30m, 24h, 7d or a date; by default everything, of a real log the last 7 days
  --json                print the rows as JSON

Exit code: 0 answered, 1 the log cannot be read, 2 wrong use.
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  from: { type: 'string' },
  to: { type: 'string' },
  subject: { type: 'string' },
  data: { type: 'string' },
  'log-group': { type: 'string' },
  alias: { type: 'string' },
  region: { type: 'string' },
  since: { type: 'string' },
} as const;

interface Asked {
  readonly argument: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly subject: string | undefined;
}

interface Question {
  /** Of the word after the question. */
  readonly argument: 'none' | 'optional' | 'required';
  /** What is printed when there are no rows. */
  readonly none: string | ((database: EventDatabase, asked: Asked) => string);
  rows(database: EventDatabase, asked: Asked): readonly Row[];
}

const QUESTIONS: Readonly<Record<string, Question>> = {
  'mail-from': {
    argument: 'required',
    none: 'The log has no mail from there.',
    rows: (database, { argument = '' }) => mailFrom(database, argument),
  },
  bounces: { argument: 'none', none: 'Nothing was bounced.', rows: bounces },
  spam: { argument: 'none', none: 'Nothing is held for spam.', rows: spamByRecipient },
  junked: {
    argument: 'none',
    none: 'Nothing went to Junk.',
    rows: (database, { subject }) => junked(database, subject),
  },
  rule: {
    argument: 'optional',
    none: noSuchRule,
    rows: (database, { argument }) => ruleUse(database, argument),
  },
  counts: { argument: 'none', none: 'No mail was delivered or sent.', rows: counts },
  dmarc: { argument: 'none', none: 'No mail fails DMARC.', rows: dmarcFailures },
};

/** A name that the log does not have is mostly a mistyped one. */
function noSuchRule(database: EventDatabase, { argument }: Asked): string {
  const known = [...new Set(ruleUse(database, undefined).map(({ rule }) => String(rule)))];
  if (argument === undefined || known.length === 0) return 'No rule acted.';
  return `The log has nothing of a rule with this name. Rules that acted: ${known.join(', ')}.`;
}

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments({ args, allowPositionals: true, options: OPTIONS });
  if (values.help === true) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const [name, argument, ...rest] = positionals;
  if (name === undefined) throw new WrongUse('ask a question; "mailroom log --help" lists them');
  if (rest.length > 0) throw new WrongUse(`"${rest[0]}" is too much`);
  const { from, to, subject, json = false } = values;
  const asked: Asked = { argument, from, to, subject };
  const answer = answererOf(name, asked);
  const { data, alias, region, since } = values;
  const source = await openLogSource(
    { data, logGroup: values['log-group'], alias, region, since },
    Date.now(),
  );
  const { rows, text } = await answer(source);
  process.stdout.write(json ? `${JSON.stringify(rows, null, 2)}\n` : text);
  return EXIT.fine;
}

interface Answer {
  readonly rows: unknown;
  readonly text: string;
}

/** How the question is answered. @throws WrongUse before anything is read */
function answererOf(name: string, asked: Asked): (source: LogSource) => Promise<Answer> {
  const { argument, from, to, subject } = asked;
  if (subject !== undefined && name !== 'junked') throw new WrongUse('--subject goes with "junked"');
  if (name === 'why') {
    if (from === undefined || to === undefined || argument !== undefined)
      throw new WrongUse('"why" takes --from and --to, an address each');
    return (source) => why(source, from, to);
  }
  if (from !== undefined || to !== undefined) throw new WrongUse('--from and --to go with "why"');
  if (name === 'sqlite') {
    if (argument === undefined) throw new WrongUse('"sqlite" takes the file to make');
    if (createDisk().exists(argument)) throw new WrongUse(`${argument} is there already`);
    return (source) => toFile(source, argument);
  }
  if (name === 'metrics') {
    if (argument !== undefined) throw new WrongUse(`"metrics" takes nothing more: "${argument}"`);
    return metricsOf;
  }
  const question = Object.hasOwn(QUESTIONS, name) ? QUESTIONS[name] : undefined;
  if (question === undefined) {
    const known = ['why', ...Object.keys(QUESTIONS), 'metrics', 'sqlite'].join(', ');
    throw new WrongUse(`there is no question "${name}"; the questions are ${known}`);
  }
  if (question.argument === 'required' && argument === undefined)
    throw new WrongUse(`"${name}" takes an address or a domain`);
  if (question.argument === 'none' && argument !== undefined)
    throw new WrongUse(`"${name}" takes nothing more: "${argument}"`);
  return async ({ events }) => {
    const database = openEventDatabase(events);
    const rows = question.rows(database, asked);
    const none = typeof question.none === 'string' ? question.none : question.none(database, asked);
    return { rows, text: tableText(rows, none) };
  };
}

async function why(source: LogSource, from: string, to: string): Promise<Answer> {
  const stories = explainMail(openEventDatabase(source.events), from, to);
  const told = await Promise.all(
    stories.map(async (story) => ({
      ...(await source.retold(story, to)),
      decisions: (await Promise.all(story.traces.map(source.decisions))).flat(),
    })),
  );
  return { rows: told, text: storiesText(told, from, to) };
}

/** The events' own, and the one that WorkMail counts elsewhere. */
async function metricsOf({ events, providerFailures }: LogSource): Promise<Answer> {
  const rows = [...metrics(openEventDatabase(events))];
  if (providerFailures !== undefined)
    rows.unshift({ metric: 'AvailabilityProviderFailure', value: providerFailures });
  return { rows, text: tableText(rows, '') };
}

async function toFile({ events }: LogSource, file: string): Promise<Answer> {
  openEventDatabase(events, file).close();
  return { rows: { file, events: events.length }, text: `${file}: ${events.length} events.\n` };
}
