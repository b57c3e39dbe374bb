/** The flags of `mailroom start`, checked before anything is opened. */
import { join, resolve } from 'node:path';
import type { ParseArgsOptionsConfig } from 'node:util';
import { readArguments, WrongUse } from './cli/usage.ts';
import { type FaultSpec, parseFault } from './faults/spec.ts';
import { parseParameters, parseSettings, parseTemplateParameters } from './function-settings.ts';

export const ROOT = resolve(import.meta.dirname, '..');
const SAMPLE = join(ROOT, 'local', 'sample');
const MAX_PORT = 65_535;

export interface StartOptions {
  /** 0 picks a free port; so do the others. */
  readonly smtpPort: number;
  readonly submissionPort: number;
  readonly httpPort: number;
  readonly awsPort: number;
  readonly dnsPort: number;
  readonly data: string;
  readonly policy: string;
  readonly organization: string;
  readonly zone: string;
  /** `zone`: answers come from the zone file, nothing leaves loopback. `system`: this machine's resolver. */
  readonly dns: 'zone' | 'system';
  /** Absent: functions run here, as the built bundles. */
  readonly lambdaEndpoint: string | undefined;
  /** Address for the AWS endpoints only; 127.0.0.1 unless a container must reach them. */
  readonly awsBind: string;
  readonly awsAllowHosts: readonly string[];
  /** Folder whose events' messages are served under their messageId. */
  readonly fixtures: string | undefined;
  /** Folder of DMARC reports that the page shows. */
  readonly dmarcReports: string | undefined;
  /** Seconds of WorkMail's back-off count this many times faster. */
  readonly timeScale: number;
  /** Processes per function. */
  readonly concurrency: number;
  /** What goes wrong on purpose. */
  readonly faults: readonly FaultSpec[];
  /** `template`: a function may do what template.yaml lets it. `none`: every function may do all. */
  readonly permissions: 'template' | 'none';
  /** Parameters of template.yaml, instead of those that fit the organization. */
  readonly templateParameters: Readonly<Record<string, string>>;
  /** Environment variables of the functions, instead of the stand-in's. */
  readonly settings: Readonly<Record<string, string>>;
  /** Files whose text SSM parameters have, by name. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Holds `HANDLER/index.mjs`. Absent: the functions are bundled into `dist/` first. */
  readonly dist: string | undefined;
}

export const START_USAGE = `mailroom start: a WorkMail on this machine

  --smtp-port N         mail from the world        (2525)
  --submission-port N   mail from the users        (2587)
  --http-port N         the page                   (8025)
  --aws-port N          Message Flow API, S3       (8026)
  --dns-port N          the zone, over UDP and TCP (8053)
  --data DIR            mailboxes, objects, queue  (.mailroom)
  --policy FILE         the policy                 (local/sample/policy.yaml)
  --organization FILE   users, functions, rules    (local/sample/organization.yaml)
  --zone FILE           RFC 1035 master file       (local/sample/zone.db)
  --dns zone|system     where handlers look up     (zone: nothing leaves this machine)
  --lambda-endpoint URL call functions there, as "sam local start-lambda" offers
  --aws-bind ADDRESS    let a container reach the AWS endpoints (127.0.0.1)
  --aws-allow-host NAME a name by which it does; may be repeated
  --fixtures DIR        serve each event's message under its messageId
  --dmarc-reports DIR   the page shows what the DMARC reports there say
  --time-scale N        back-off and rule time-outs N times faster (1)
  --concurrency N       processes per function (2)
  --fault SPEC          something goes wrong, as in "s3:PutObject latency=5s"; may be repeated
                        (docs/failures.md)
  --permissions template|none   a function may do what template.yaml lets it (template)
  --template-parameter NAME=VALUE   template.yaml is deployed with this; may be repeated
  --set NAME=VALUE      an environment variable of the functions; may be repeated
  --parameter NAME=FILE an SSM parameter; may be repeated
  --dist DIR            use the bundles there as they are (bundles anew into dist/)

A port of 0 picks a free one.
`;

const FLAGS = {
  'smtp-port': { type: 'string', default: '2525' },
  'submission-port': { type: 'string', default: '2587' },
  'http-port': { type: 'string', default: '8025' },
  'aws-port': { type: 'string', default: '8026' },
  'dns-port': { type: 'string', default: '8053' },
  data: { type: 'string', default: '.mailroom' },
  policy: { type: 'string', default: join(SAMPLE, 'policy.yaml') },
  organization: { type: 'string', default: join(SAMPLE, 'organization.yaml') },
  zone: { type: 'string', default: join(SAMPLE, 'zone.db') },
  dns: { type: 'string', default: 'zone' },
  'lambda-endpoint': { type: 'string' },
  'aws-bind': { type: 'string', default: '127.0.0.1' },
  'aws-allow-host': { type: 'string', multiple: true, default: [] },
  fixtures: { type: 'string' },
  'dmarc-reports': { type: 'string' },
  'time-scale': { type: 'string', default: '1' },
  concurrency: { type: 'string', default: '2' },
  fault: { type: 'string', multiple: true, default: [] },
  permissions: { type: 'string', default: 'template' },
  'template-parameter': { type: 'string', multiple: true, default: [] },
  set: { type: 'string', multiple: true, default: [] },
  parameter: { type: 'string', multiple: true, default: [] },
  dist: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} satisfies ParseArgsOptionsConfig;

function port(flag: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > MAX_PORT)
    throw new WrongUse(`--${flag} takes a port, 0 to ${MAX_PORT}, not "${text}"`);
  return value;
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new WrongUse(`--${flag} takes a positive number, not "${text}"`);
  return value;
}

function dnsMode(text: string): StartOptions['dns'] {
  if (text !== 'zone' && text !== 'system')
    throw new WrongUse(`--dns takes "zone" or "system", not "${text}"`);
  return text;
}

function faultSpec(text: string): FaultSpec {
  const read = parseFault(text);
  if ('why' in read) throw new WrongUse(`--fault "${text}": ${read.why}`);
  return read;
}

function permissionsMode(text: string): StartOptions['permissions'] {
  if (text !== 'template' && text !== 'none')
    throw new WrongUse(`--permissions takes "template" or "none", not "${text}"`);
  return text;
}

/** Reads the flags; relative paths are of the current folder. `help` when only the usage is wanted. Throws WrongUse. */
export function parseStartOptions(args: readonly string[]): StartOptions | 'help' {
  const { values } = readArguments({ args: [...args], options: FLAGS });
  if (values.help) return 'help';
  return {
    smtpPort: port('smtp-port', values['smtp-port']),
    submissionPort: port('submission-port', values['submission-port']),
    httpPort: port('http-port', values['http-port']),
    awsPort: port('aws-port', values['aws-port']),
    dnsPort: port('dns-port', values['dns-port']),
    data: resolve(values.data),
    policy: resolve(values.policy),
    organization: resolve(values.organization),
    zone: resolve(values.zone),
    dns: dnsMode(values.dns),
    lambdaEndpoint: values['lambda-endpoint'],
    awsBind: values['aws-bind'],
    awsAllowHosts: values['aws-allow-host'],
    fixtures: values.fixtures === undefined ? undefined : resolve(values.fixtures),
    dmarcReports: values['dmarc-reports'] === undefined ? undefined : resolve(values['dmarc-reports']),
    timeScale: positive('time-scale', values['time-scale']),
    concurrency: Math.ceil(positive('concurrency', values.concurrency)),
    faults: values.fault.map(faultSpec),
    permissions: permissionsMode(values.permissions),
    templateParameters: parseTemplateParameters(values['template-parameter']),
    settings: parseSettings(values.set),
    parameters: parseParameters(values.parameter),
    dist: values.dist === undefined ? undefined : resolve(values.dist),
  };
}
