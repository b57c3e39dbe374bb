/** What DMARC decided and from what, as records: codes and counts, nothing that a sender wrote but what the DNS publishes. */
import type { DmarcDecision, RecipientDecision } from '../../../shared/auth/dmarc/decision-types.ts';
import type { Evidence } from '../../../shared/auth/evidence-types.ts';
import type { LogValue } from '../../../shared/log.ts';
import type { Invocation } from '../invocation.ts';
import { logDecision } from './step.ts';

/** A sender can add signatures by the thousand, and one record must fit into the log. */
const MAX_SIGNATURES_LOGGED = 10;

type Fields = Readonly<Record<string, LogValue>>;

/** One record; where recipients differ one for each action, with the recipients by number. */
export function logDmarc(invocation: Invocation, evidence: Evidence, decision: DmarcDecision): void {
  const { reason, text, action, wouldBe, recipients } = decision;
  const fields = { text, ...decisionFields(decision), ...evidenceFields(evidence) };
  const groups = groupsOf(recipients);
  if (groups.length < 2) {
    logDecision(invocation, 'dmarc', action, reason, { wouldBe, ...fields });
    return;
  }
  for (const { each, indexes } of groups)
    logDecision(invocation, 'dmarc', each.action, reason, {
      wouldBe: each.wouldBe,
      recipients: indexes,
      ...fields,
    });
}

interface Group {
  readonly each: RecipientDecision;
  readonly indexes: number[];
}

function groupsOf(recipients: readonly RecipientDecision[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const [index, each] of recipients.entries()) {
    const key = `${each.action} ${each.wouldBe}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { each, indexes: [index] });
    else group.indexes.push(index);
  }
  return [...groups.values()];
}

/** The reason and the owner of an exception are the administrator's own words. */
function decisionFields(decision: DmarcDecision): Fields {
  const { published, override, exception, expired, notEnforced, hints } = decision;
  return {
    ...(published === undefined ? {} : { published }),
    ...(override === undefined ? {} : { override }),
    ...(exception === undefined ? {} : { exception: exception.reason }),
    ...(exception?.owner === undefined ? {} : { owner: exception.owner }),
    ...(expired === undefined ? {} : { expired: expired.reason }),
    ...(notEnforced === undefined ? {} : { notEnforced }),
    ...(hints.length === 0
      ? {}
      : { hints: hints.map(({ code, how }) => (how === undefined ? code : `${code} ${how}`)) }),
  };
}

function evidenceFields({ dmarc, ses, dkim, spf, arc, list, gateway, queries }: Evidence): Fields {
  const { result, source, proved, aligned, disagreement } = dmarc;
  return {
    dmarc: result,
    source,
    proved,
    aligned: aligned.map(({ by, how }) => `${by} ${how}`),
    ses: ses.state,
    ...signatureFields(dkim),
    ...(spf === undefined ? {} : { spf: `${spf.result} ${spf.source}` }),
    ...(arc === undefined ? {} : { arc: `${arc.result} ${arc.reason}` }),
    ...(list === undefined ? {} : { list: list.signed ? 'signed' : 'unsigned' }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(disagreement === undefined ? {} : { disagreement }),
    queries,
  };
}

/** Those that pass come first: they are what a decision may rest on. */
function signatureFields(dkim: Evidence['dkim']): Fields {
  const passing = dkim.filter(({ result }) => result === 'pass');
  const others = dkim.filter(({ result }) => result !== 'pass');
  const told = [...passing, ...others].slice(0, MAX_SIGNATURES_LOGGED);
  return {
    dkim: told.map(({ result, reason }) => `${result} ${reason}`),
    ...(dkim.length > told.length ? { signatures: dkim.length } : {}),
  };
}
