/**
 * The AWS account around the stand-in, as an administrator sees and changes it over the services' own APIs: what is
 * deployed (from template.yaml and organization.yaml), and the settings that people break: invoke rights, availability
 * configurations, log groups, sender identities, WorkMail's own DMARC enforcement.
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { People } from '../../organization.ts';
import { isJsonObject, parseJson } from '../json.ts';

/** One statement of a function's resource policy, as AddPermission takes it. */
export interface Permission {
  readonly sid: string;
  readonly action: string;
  /** A service's name, or `*`. */
  readonly principal: string;
  readonly sourceArn?: string;
  readonly sourceAccount?: string;
}

/** Where the free/busy times of a domain come from: one of the two. */
export interface AvailabilitySetting {
  readonly domain: string;
  readonly lambdaArn?: string;
  readonly ews?: { readonly endpoint: string; readonly username: string };
  readonly createdMs: number;
  readonly modifiedMs: number;
}

export interface LogGroup {
  readonly name: string;
  /** Absent: kept for ever. */
  readonly retentionDays?: number;
  readonly createdMs: number;
}

/** What calls change. */
export interface AccountState {
  /** WorkMail's own enforcement, beside Mailroom's. */
  readonly dmarcEnforced: boolean;
  /** By function name. */
  readonly permissions: Readonly<Record<string, readonly Permission[]>>;
  readonly availability: readonly AvailabilitySetting[];
  readonly logGroups: readonly LogGroup[];
  /** Verified identities of SES: domains. */
  readonly identities: readonly string[];
}

export interface DeployedFunction {
  readonly name: string;
  /** The folder under `dist/`. */
  readonly handler: string;
  readonly description: string;
  readonly runtime: string;
  readonly architecture: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Only of an asynchronous function. */
  readonly eventInvoke?: {
    readonly maximumEventAgeSeconds: number;
    readonly maximumRetryAttempts: number;
    readonly onFailure?: string;
  };
}

export interface StackResource {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
}

export interface DeployedStack {
  readonly name: string;
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly resources: readonly StackResource[];
  readonly outputs: Readonly<Record<string, string>>;
}

/** What stays as long as the stand-in runs. */
export interface Deployment {
  readonly organization: {
    readonly id: string;
    readonly alias: string;
    readonly region: string;
    readonly account: string;
    readonly domains: readonly string[];
    readonly people: People;
  };
  readonly functions: readonly DeployedFunction[];
  readonly stack: DeployedStack;
  /** Name of the group of WorkMail's event log. */
  readonly eventLogGroup: string;
  /** When all of it was made, Unix time in ms. */
  readonly createdMs: number;
}

export interface Account extends Deployment {
  /** Nothing of an earlier run was taken up. */
  readonly isNew: boolean;
  state(): AccountState;
  /** Replaces the state; it is on disk when this returns. */
  change(next: Partial<AccountState>): void;
}

/** As many entries of a kind are kept. Against: a client that fills memory and disk. */
export const MAX_ENTRIES = 1000;

/** The settings are kept here, so that a restart finds them. */
const FILE = 'account.json';

function isState(value: unknown): value is AccountState {
  return (
    isJsonObject(value) &&
    typeof value['dmarcEnforced'] === 'boolean' &&
    isJsonObject(value['permissions']) &&
    ['availability', 'logGroups', 'identities'].every((key) => Array.isArray(value[key]))
  );
}

/** What an earlier run left, unless what is deployed has changed since: then a new deployment begins. */
function readState(file: string, seed: string): AccountState | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // The first run.
    return undefined;
  }
  const kept = parseJson(text);
  if (!isJsonObject(kept) || kept['seed'] !== seed || !isState(kept['state'])) return undefined;
  return kept['state'];
}

/** Opens the account; `initial` holds until something is changed. */
export function openAccount(dataDir: string, deployment: Deployment, initial: AccountState): Account {
  const file = join(dataDir, FILE);
  const seed = seedOf({ initial, template: deployment.stack.template });
  const kept = readState(file, seed);
  let state = kept ?? initial;
  const save = () => {
    // Whole or not at all: a killed process leaves the old file.
    writeFileSync(`${file}.new`, `${JSON.stringify({ seed, state })}\n`);
    renameSync(`${file}.new`, file);
  };
  if (kept === undefined) save();
  return {
    ...deployment,
    isNew: kept === undefined,
    state: () => state,
    change(next) {
      state = { ...state, ...next };
      save();
    },
  };
}

/** Tells one deployment from another: all of it but the times. */
function seedOf(deployed: { readonly initial: AccountState; readonly template: string }): string {
  const text = JSON.stringify(deployed, (key, value: unknown) => (key.endsWith('Ms') ? undefined : value));
  return createHash('sha256').update(text).digest('hex');
}
