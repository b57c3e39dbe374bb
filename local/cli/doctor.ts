/** `mailroom doctor`: is everything between WorkMail and Mailroom really connected? */
import { resolve } from 'node:path';
import { build, DIST } from '../build.ts';
import { openClients } from '../doctor/clients.ts';
import { type Diagnosis, diagnose } from '../doctor/doctor.ts';
import { reportJson, reportText, verdictOf } from '../doctor/report.ts';
import { consoleSteps, needsSteps } from '../doctor/steps.ts';
import { planProbe, runProbe } from './doctor-probe.ts';
import { readRules } from './doctor-rules.ts';
import { EXIT, readArguments, WrongUse } from './usage.ts';

const HELP = `Usage: mailroom doctor --organization-id m-… [options]

Asks AWS, with your own credentials, whether WorkMail and Mailroom are connected. It reads and changes nothing.

  --organization-id ID  the organization (WorkMail's console: Organizations)
  --region REGION       its region (AWS_REGION)
  --stack NAME          the stack that was deployed (mailroom)
  --rules FILE          the flow rules as they are in the console (docs/flow-rules.md); without it you are asked
  --log-group NAME      the group of the email event log, if you chose one
  --dist DIR            compare the functions with the bundles there, or with what "mailroom package" wrote there
                        (bundles anew into dist/)
  --endpoint URL        ask a stand-in, for instance http://127.0.0.1:8026
  --json                print the findings as JSON
  --probe               send one message through SMTP and look for it; asks first
    --smtp HOST:PORT      where mail for the organization is taken
    --to ADDRESS          a mailbox that may get it
    --from ADDRESS        who it says it is from
    --yes                 do not ask

Exit code: 0 nothing is wrong, 1 something is or nothing can be said, 2 wrong use.
`;

const OPTIONS = {
  'organization-id': { type: 'string' },
  region: { type: 'string' },
  stack: { type: 'string', default: 'mailroom' },
  rules: { type: 'string' },
  'log-group': { type: 'string' },
  dist: { type: 'string' },
  endpoint: { type: 'string' },
  json: { type: 'boolean', default: false },
  probe: { type: 'boolean', default: false },
  smtp: { type: 'string' },
  to: { type: 'string' },
  from: { type: 'string' },
  yes: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof readArguments<{ args: string[]; options: typeof OPTIONS }>>['values'];

/** The organization and the region, or what is missing. */
function target(values: Values): { readonly organizationId: string; readonly region: string } {
  const organizationId = values['organization-id'] ?? '';
  if (!/^m-[0-9a-f]{32}$/.test(organizationId))
    throw new WrongUse('--organization-id takes m- and 32 hexadecimal digits');
  const region = values.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? '';
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region))
    throw new WrongUse('--region takes the region, for instance us-east-1');
  return { organizationId, region };
}

function endpoint({ endpoint: given }: Values): string | undefined {
  if (given !== undefined && !URL.canParse(given))
    throw new WrongUse(`--endpoint takes a URL, not "${given}"`);
  return given;
}

function print({ findings, deployed }: Diagnosis, json: boolean): void {
  if (json) {
    process.stdout.write(reportJson(findings));
    return;
  }
  process.stdout.write(reportText(findings));
  if (needsSteps(findings)) process.stdout.write(`\n${consoleSteps(deployed).join('\n')}\n`);
}

export async function run(args: string[]): Promise<number> {
  const { values } = readArguments({ args, options: OPTIONS });
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const { organizationId, region } = target(values);
  const plan = values.probe ? planProbe(values) : undefined;
  const rules = await readRules(values.rules, { region, ask: !values.json });
  const clients = openClients(region, endpoint(values));
  try {
    if (values.dist === undefined) await build();
    const diagnosis = await diagnose({
      clients,
      organizationId,
      region,
      stackName: values.stack,
      distDir: values.dist === undefined ? DIST : resolve(values.dist),
      logGroup: values['log-group'],
      rules,
      nowMs: Date.now(),
    });
    const probed = plan === undefined ? [] : await runProbe(plan, clients, diagnosis, rules);
    const findings = [...diagnosis.findings, ...probed];
    print({ ...diagnosis, findings }, values.json);
    return verdictOf(findings) === 'fine' ? EXIT.fine : EXIT.findings;
  } finally {
    clients.close();
  }
}
