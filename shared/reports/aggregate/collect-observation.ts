/**
 * What one message leaves for the reports of its day: a few hundred octets of JSON. Domains, addresses of servers and results are
 * in it; no local part, no subject, no recipient (aggregate-reporting-32 §7.2: nothing about individual users).
 */
import type { FailureDetail } from '../failure/detail.ts';
import { readFailureDetail } from '../failure/detail.ts';
import { listOf, type Members, membersOf, optionalText, text, wholeNumber, word } from './collect-json.ts';
import {
  DISPOSITIONS,
  DKIM_RESULTS,
  OVERRIDE_TYPES,
  type OverrideReason,
  type OverrideType,
  type PolicyPublished,
  type ReportedDkim,
  type ReportedSpf,
  type ReportRecord,
  SPF_RESULTS,
} from './model.ts';

export interface Observation {
  /** When the message was judged, in seconds since 1970 UTC. */
  readonly atSeconds: number;
  readonly policy: PolicyPublished;
  /** Every row of a report is such a record, with the number of messages that have the same one. */
  readonly record: Omit<ReportRecord, 'count'>;
  /** For failure reports, where the policy wants them. */
  readonly failure?: FailureDetail;
}

/** Against an object of megabytes in the bucket; ours have some hundred octets, with a failure's fields some thousand. */
export const MAX_OBSERVATION_BYTES = 64 * 1024;
const VERSION = 1;
const POLICIES = ['none', 'quarantine', 'reject'] as const;
const PASS_FAIL = ['pass', 'fail'] as const;
/** aggregate-reporting-32 §3.1.3: a row should have no more. */
export const MAX_SIGNATURES = 100;
const MAX_REASONS = 8;

export function writeObservation(observation: Observation): string {
  return `${JSON.stringify({ version: VERSION, ...observation })}\n`;
}

/** Reads what `writeObservation` wrote; undefined for anything else. The members come in one order, whoever wrote them. */
export function readObservation(json: string): Observation | undefined {
  try {
    const members = membersOf(JSON.parse(json));
    if (members['version'] !== VERSION) return undefined;
    const { failure } = members;
    return {
      atSeconds: wholeNumber(members['atSeconds']),
      policy: readPolicy(membersOf(members['policy'])),
      record: readRecord(membersOf(members['record'])),
      ...(failure === undefined ? {} : { failure: readFailureDetail(membersOf(failure)) }),
    };
  } catch (error) {
    // Neither JSON nor an observation: a person put it there, or another version of Mailroom.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function readPolicy(policy: Members): PolicyPublished {
  const optionalWord = <W extends string>(key: string, words: readonly W[]): W | undefined =>
    policy[key] === undefined ? undefined : word(policy[key], words);
  return {
    domain: text(policy['domain']),
    ...present('discoveryMethod', optionalWord('discoveryMethod', ['psl', 'treewalk'] as const)),
    p: word(policy['p'], POLICIES),
    ...present('sp', optionalWord('sp', POLICIES)),
    ...present('np', optionalWord('np', POLICIES)),
    ...present('fo', optionalText(policy['fo'])),
    ...present('adkim', optionalWord('adkim', ['r', 's'] as const)),
    ...present('aspf', optionalWord('aspf', ['r', 's'] as const)),
    ...present('testing', optionalWord('testing', ['y', 'n'] as const)),
  };
}

function readRecord(record: Members): Omit<ReportRecord, 'count'> {
  const evaluated = membersOf(record['policyEvaluated']);
  const identifiers = membersOf(record['identifiers']);
  const results = membersOf(record['authResults']);
  return {
    sourceIp: text(record['sourceIp']),
    policyEvaluated: {
      disposition: word(evaluated['disposition'], DISPOSITIONS),
      dkim: word(evaluated['dkim'], PASS_FAIL),
      spf: word(evaluated['spf'], PASS_FAIL),
      reasons: listOf(evaluated['reasons'], MAX_REASONS, readReason),
    },
    identifiers: {
      headerFrom: text(identifiers['headerFrom']),
      ...present('envelopeFrom', optionalText(identifiers['envelopeFrom'])),
    },
    authResults: {
      dkim: listOf(results['dkim'], MAX_SIGNATURES, readDkim),
      spf: listOf(results['spf'], 1, readSpf),
    },
  };
}

function readReason(value: unknown): OverrideReason<OverrideType> {
  const reason = membersOf(value);
  return {
    type: word(reason['type'], OVERRIDE_TYPES),
    ...present('comment', optionalText(reason['comment'])),
  };
}

function readDkim(value: unknown): ReportedDkim {
  const dkim = membersOf(value);
  return {
    domain: text(dkim['domain']),
    selector: text(dkim['selector']),
    result: word(dkim['result'], DKIM_RESULTS),
    ...present('humanResult', optionalText(dkim['humanResult'])),
  };
}

function readSpf(value: unknown): ReportedSpf {
  const spf = membersOf(value);
  return { domain: text(spf['domain']), scope: 'mfrom', result: word(spf['result'], SPF_RESULTS) };
}

/** The member, or nothing where it has no value. */
function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  const member: { [P in K]?: V } = {};
  if (value !== undefined) member[key] = value;
  return member;
}
