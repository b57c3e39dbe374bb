/** `mailroom start`, which `npm start` runs: the stand-in until Ctrl-C. */
import { once } from 'node:events';
import { relative } from 'node:path';
import { EXIT } from './cli/usage.ts';
import { parseStartOptions, START_USAGE, type StartOptions } from './options.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

function greeting({ ports, resumed }: StandIn, options: StartOptions): string {
  const left = resumed === 0 ? '' : `Taken up where the last run stopped: ${resumed} messages.\n`;
  const isAlone = options.dns === 'zone' && options.lambdaEndpoint === undefined;
  return `${left}Mailroom is running.${isAlone ? ' Nothing leaves this machine.' : ''}

  the page            http://127.0.0.1:${ports.http}
  mail from outside   127.0.0.1:${ports.smtp} (SMTP)
  mail from users     127.0.0.1:${ports.submission} (SMTP with password)
  AWS endpoints       http://127.0.0.1:${ports.aws}
  DNS                 127.0.0.1:${ports.dns}
  policy              ${fromHere(options.policy)}
  organization        ${fromHere(options.organization)}
  data                ${fromHere(options.data)}/

Ctrl-C ends it.
`;
}

/** Short for what lies below the folder that the reader is in. */
function fromHere(path: string): string {
  const below = relative(process.cwd(), path);
  return below === '' || below.startsWith('..') ? path : below;
}

function isPortTaken(error: unknown): error is NodeJS.ErrnoException & { readonly port?: number } {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

/** Another Mailroom is the likeliest holder of the usual ports. */
function portTaken(port: number | undefined, options: StartOptions): string {
  const flags = [
    ['--smtp-port', options.smtpPort],
    ['--submission-port', options.submissionPort],
    ['--http-port', options.httpPort],
    ['--aws-port', options.awsPort],
    ['--dns-port', options.dnsPort],
  ] as const;
  const flag = flags.find(([, chosen]) => chosen === port)?.[0];
  const choice = flag === undefined ? '' : `, or choose another with ${flag} (0 picks a free one)`;
  return `port ${port ?? '?'} is taken, perhaps by another mailroom: end that${choice}`;
}

export async function run(args: readonly string[]): Promise<number> {
  const options = parseStartOptions(args);
  if (options === 'help') {
    process.stdout.write(START_USAGE);
    return EXIT.fine;
  }
  let standIn: StandIn;
  try {
    standIn = await startStandIn(options, (record) => process.stderr.write(`${JSON.stringify(record)}\n`));
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    process.stderr.write(`mailroom start: ${portTaken(error.port, options)}\n`);
    return EXIT.findings;
  }
  process.stdout.write(greeting(standIn, options));
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  process.stdout.write('Ending: what is under way reaches a safe place first.\n');
  await standIn.stop();
  return EXIT.fine;
}
