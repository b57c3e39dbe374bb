/**
 * Flow rules as the organization file has them now: on WorkMail a new rule works at once. The file is looked at when a
 * message asks for its rules, and read again when it has changed. A file that is wrong, half written or gone leaves the
 * rules from before in force, and says so.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Log } from '../shared/log.ts';
import { formatProblem } from '../shared/policy/report.ts';
import { loadOrganization, type Organization, parseOrganization } from './organization.ts';

export interface LiveRules {
  /** The organization as it was loaded; its `rules` are those of the file. */
  readonly organization: Organization;
  /** Why the rules in force are not those of the file, in sentences; empty when they are. */
  readonly notices: () => readonly string[];
}

type Read = { readonly rules: Organization['rules'] } | { readonly why: string; readonly lines: number[] };

/**
 * Loads the organization; everything but its rules stays as it is.
 * @throws PermanentError when the file cannot be read or is wrong.
 */
export async function loadLiveRules(path: string, log: Log): Promise<LiveRules> {
  let seen = stateOf(path);
  const loaded = await loadOrganization(path);
  let { rules } = loaded;
  let trouble: string | undefined;
  const look = (): void => {
    const now = stateOf(path);
    if (now === seen) return;
    seen = now;
    const read = readRules(path, loaded);
    if ('rules' in read) {
      rules = read.rules;
      trouble = undefined;
      log({ level: 'info', event: 'rules', why: 'the file has changed: its rules are in force' });
      return;
    }
    trouble = read.why;
    // Problems may quote addresses, which are for the page alone.
    log({ level: 'error', event: 'rules', why: 'the rules from before stay in force', lines: read.lines });
  };
  // Looked at in the rules and not in the organization, so that copies of it have them too.
  const live: Organization['rules'] = {
    get inbound() {
      look();
      return rules.inbound;
    },
    get outbound() {
      look();
      return rules.outbound;
    },
  };
  return {
    organization: { ...loaded, rules: live },
    notices: () => {
      look();
      if (trouble === undefined) return [];
      return [`The flow rules from before stay in force: ${trouble}`];
    },
  };
}

/** Another text for another content, but for what is put there with all times forged. */
function stateOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? 'gone' : `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}

function readRules(path: string, loaded: Organization): Read {
  const text = readText(path);
  if (text === undefined) return { why: `${basename(path)} cannot be read.`, lines: [] };
  const parsed = parseOrganization(text, basename(path));
  if (!parsed.ok)
    return {
      why: parsed.problems.map(formatProblem).join('; '),
      lines: parsed.problems.map(({ line }) => line),
    };
  const { functions, smtpGateway, rules } = parsed.organization;
  // A rule could name what this process has not opened.
  if (isSame(functions, loaded.functions) && isSame(smtpGateway, loaded.smtpGateway)) return { rules };
  return { why: `${basename(path)} has other functions or another SMTP gateway: start again.`, lines: [] };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
