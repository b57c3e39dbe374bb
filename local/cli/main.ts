/** `mailroom …`: finds the command and runs it. A command is loaded when it is called, so that `check` starts no server. */
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import { EXIT, WrongUse } from './usage.ts';

interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  load(): Promise<{ run(args: string[]): Promise<number> }>;
}

const COMMANDS: readonly Command[] = [
  {
    name: 'start',
    usage: 'start [options]',
    summary: 'run a stand-in for WorkMail on this machine',
    load: () => import('../start.ts'),
  },
  {
    name: 'check',
    usage: 'check POLICY.yaml',
    summary: 'validate a policy file',
    load: () => import('./check.ts'),
  },
  {
    name: 'explain',
    usage: 'explain POLICY.yaml MESSAGE.eml [options]',
    summary: 'show what a policy would do to a message and why; nothing is sent',
    load: () => import('./explain.ts'),
  },
  {
    name: 'schema',
    usage: 'schema',
    summary: 'print the JSON Schema of the policy file, for editors',
    load: () => import('./schema.ts'),
  },
  {
    name: 'invoke',
    usage: 'invoke HANDLER EVENT.json [options]',
    summary: 'run one function on an event, as Lambda would',
    load: () => import('./invoke.ts'),
  },
  {
    name: 'log',
    usage: 'log QUESTION [options]',
    summary: "ask WorkMail's event log, of the stand-in or of a real organization",
    load: () => import('./log.ts'),
  },
  {
    name: 'dmarc',
    usage: 'dmarc report|check|simulate … [options]',
    summary: 'read DMARC reports, check a domain, try a policy on mail of the past',
    load: () => import('./dmarc.ts'),
  },
  {
    name: 'freebusy',
    usage: 'freebusy MAILBOX... [options]',
    summary: 'ask a running stand-in for free/busy times, as WorkMail would be asked',
    load: () => import('./freebusy.ts'),
  },
  {
    name: 'quarantine',
    usage: 'quarantine list|show|release|delete [ID] [options]',
    summary: 'look at mail that a rule holds back, release it, delete it',
    load: () => import('./quarantine.ts'),
  },
  {
    name: 'doctor',
    usage: 'doctor --organization-id m-… [options]',
    summary: 'say whether WorkMail and Mailroom are really connected',
    load: () => import('./doctor.ts'),
  },
  {
    name: 'rules',
    usage: 'rules test FROM TO [options]',
    summary: 'say which email flow rule acts on mail, and which rules take mail from Mailroom',
    load: () => import('./rules.ts'),
  },
  {
    name: 'build',
    usage: 'build',
    summary: 'bundle the functions for Lambda',
    load: () => import('../build.ts'),
  },
  {
    name: 'package',
    usage: 'package [options]',
    summary: 'write the zips and the template that CloudFormation deploys',
    load: () => import('./package.ts'),
  },
];

function help(): string {
  const rows = [...COMMANDS, { usage: 'help', summary: 'print this' }];
  const width = Math.max(...rows.map((row) => row.usage.length));
  const lines = rows.map((row) => `  mailroom ${row.usage.padEnd(width)}  ${row.summary}`);
  return `Usage:\n${lines.join('\n')}\n\n"mailroom COMMAND --help" tells the options of a command.\n`;
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const out = name === undefined ? process.stderr : process.stdout;
    out.write(help());
    return name === undefined ? EXIT.wrongUse : EXIT.fine;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    process.stderr.write(`mailroom: there is no command "${name}"\n\n${help()}`);
    return EXIT.wrongUse;
  }
  try {
    const module = await command.load();
    return await module.run(rest);
  } catch (error) {
    if (error instanceof WrongUse) {
      process.stderr.write(`mailroom ${name}: ${error.message}\nUsage: mailroom ${command.usage}\n`);
      return EXIT.wrongUse;
    }
    if (!(error instanceof TemporaryError || error instanceof PermanentError)) throw error;
    process.stderr.write(`mailroom ${name}: ${error.message}\n`);
    return EXIT.findings;
  }
}

// `| head` closes the pipe early; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await main(process.argv.slice(2));
