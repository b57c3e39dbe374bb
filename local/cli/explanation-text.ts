/** An explanation as lines for a person at a terminal. */
import { AUTH_FIELD } from '../../handlers/edge/steps/auth-field.ts';
import type { SesEvidence } from '../../shared/auth/index.ts';
import type { ChangeOutcome } from '../../shared/mime/index.ts';
import { safe } from '../safe-text.ts';
import { diffTextLines } from './diff-text.ts';
import { isGone } from './explained-dmarc.ts';
import { UNTOUCHED } from './explained-parts.ts';
import type { ExplainedDmarc, ExplainedRule, Explanation } from './explanation-types.ts';
import { effectLines, recipientLine, ruleState } from './outcome-text.ts';

/** Recipients that are listed one by one. */
const LISTED_RECIPIENTS = 20;
/** Parts that are listed one by one. */
const LISTED_PARTS = 50;

const number = new Intl.NumberFormat('en');
const bytes = (count: number): string => `${number.format(count)} bytes`;

function evidenceText(evidence: SesEvidence): string {
  if (evidence.state !== 'present') return `${evidence.state}: ${evidence.why}`;
  const { spf, dkim, dmarc } = evidence;
  const of = (domain: string | undefined): string => (domain === undefined ? '' : ` (${domain})`);
  return [
    spf === undefined ? 'no spf' : `spf=${spf.result}${of(spf.envelopeFromDomain)}`,
    ...dkim.map(({ result, domain }) => `dkim=${result}${of(domain)}`),
    `dmarc=${dmarc.result}${of(dmarc.headerFromDomain)}`,
  ].join(', ');
}

function headLines(found: Explanation, file: string): string[] {
  const { author, senderScope, recipients, direction } = found;
  const from = author.kind === 'one' ? author.address : `not one author: ${author.why}`;
  const lines = [
    `${file}: ${bytes(found.bytesBefore)}, ${direction}`,
    `  author     ${from}`,
    `  sender     ${senderScope.scope}: ${senderScope.why}`,
  ];
  if (found.envelopeSender !== undefined) {
    lines.push(
      `  envelope   ${found.envelopeSender === '' ? '<> (null sender: never bounced)' : found.envelopeSender}`,
    );
  }
  if (direction === 'inbound') {
    lines.push(`  evidence   ${evidenceText(found.evidence)}`);
    if (found.evidence.state === 'absent')
      lines.push('             (SES writes it on arrival: a message that its sender saved has none)');
  }
  const shown = recipients.slice(0, LISTED_RECIPIENTS);
  for (const [index, { address, scope }] of shown.entries()) {
    lines.push(`  ${index === 0 ? 'recipients' : '          '} [${index}] ${address} (${scope})`);
  }
  if (recipients.length > shown.length)
    lines.push(`             and ${recipients.length - shown.length} more`);
  if (recipients.length === 0) lines.push('  recipients none in To and Cc; name them with --recipient');
  else if (found.recipientsFrom === 'header')
    lines.push('             (from To and Cc; name others with --recipient)');
  if (found.defects.length > 0) lines.push(`  defects    ${[...new Set(found.defects)].join(', ')}`);
  return lines;
}

function dmarcLines(dmarc: ExplainedDmarc): string[] {
  switch (dmarc.kind) {
    case 'off':
      return ['DMARC: off'];
    case 'not-inbound':
      return ['DMARC: nothing to do, it is for inbound mail'];
    case 'not-looked-up': {
      const { none, quarantine, reject } = dmarc.actions;
      return [
        `DMARC (${dmarc.mode}): failed; keys and the published policy were not looked up (give --dns or --zone)`,
        `  with p=none: ${none}, with p=quarantine: ${quarantine}, with p=reject: ${reject}`,
      ];
    }
    case 'undecided':
      return [
        `DMARC (${dmarc.mode}): undecided, the published policy could not be looked up`,
        `  then: ${dmarc.action === 'retry' ? 'WorkMail is asked to call again' : dmarc.action}`,
      ];
    case 'decided':
      return decidedLines(dmarc);
  }
}

function decidedLines({
  mode,
  decision,
  notCertain,
}: Extract<ExplainedDmarc, { kind: 'decided' }>): string[] {
  const { action, wouldBe, reason, text, published, exception, expired, notEnforced, hints } = decision;
  const enforced = wouldBe === action ? '' : `; enforcing would be: ${wouldBe}`;
  const certain = notCertain === true ? ', but that is not certain' : '';
  const lines = [`DMARC (${mode}): ${action}${enforced}${certain}`, `  ${reason}: ${text}`];
  if (notCertain === true)
    lines.push(
      '  keys and published policies were not looked up: with --dns or --zone the outcome may be another',
    );
  if (published !== undefined) lines.push(`  published policy: ${published}`);
  if (exception !== undefined) lines.push(`  exception: ${exceptionText(exception)}`);
  if (expired !== undefined) lines.push(`  expired exception: ${exceptionText(expired)}`);
  if (notEnforced === 'ramp') lines.push('  the domain is outside the share that is acted on');
  if (hints.length > 0) lines.push(`  signs: ${hints.map(({ code }) => code).join(', ')}`);
  return lines;
}

function exceptionText({ reason, owner }: { readonly reason: string; readonly owner?: string }): string {
  return owner === undefined ? reason : `${reason} (${owner})`;
}

const partName = (path: string): string => (path === '' ? 'the message itself' : `part ${path}`);

function outcomeLines(change: string, outcome: ChangeOutcome): string[] {
  if (outcome.kind === 'untouched') {
    const where = outcome.path === undefined ? '' : ` (${partName(outcome.path)})`;
    return [`    ${change}: left out, ${outcome.reason}: ${UNTOUCHED[outcome.reason]}${where}`];
  }
  return outcome.parts.map((part) => {
    const where = change === 'prependSubject' ? 'the header' : `${partName(part.path)}, ${part.mediaType}`;
    const what =
      part.bytesBefore === 0
        ? `${bytes(part.bytesAfter)} inserted at byte ${part.start}`
        : `bytes ${part.start}..${part.end} replaced by ${bytes(part.bytesAfter)}`;
    return `    ${change}: ${where}: ${what}`;
  });
}

function ruleLines(rule: ExplainedRule, index: number, found: Explanation): string[] {
  const names = (indexes: readonly number[]): string =>
    indexes
      .slice(0, LISTED_RECIPIENTS)
      .map((at) => `[${at}] ${found.recipients[at]?.address ?? ''}`)
      .join(', ');
  const lines = [`  ${index + 1}. ${rule.name}: ${ruleState(rule)}`];
  if (rule.reason !== undefined) lines.push(`    reason: ${rule.reason}`);
  for (const { clause, exception, key, held, why, skipped } of rule.conditions) {
    const state = skipped === true ? 'not asked' : held ? 'holds' : 'does not hold';
    const which = exception === undefined ? '' : ` (exception ${exception})`;
    lines.push(`    ${clause} ${key}${which}: ${state}, ${why}`);
  }
  const asked = !['inactive', 'stopped'].includes(rule.state);
  if (asked && rule.conditions.length === 0) lines.push('    no condition: every message');
  for (const { change, outcome } of rule.changes) lines.push(...outcomeLines(change, outcome));
  if (rule.alsoFor.length > 0) lines.push(`    gets the change without matching: ${names(rule.alsoFor)}`);
  if (rule.notFor.length > 0)
    lines.push(`    ${rule.acts ? 'acts on the copy of' : 'would match alone'}: ${names(rule.notFor)}`);
  return lines;
}

function unknownLines({ unknown }: Explanation): string[] {
  return unknown.length === 0
    ? []
    : ['Not known, so no condition on it holds:', ...unknown.map((one) => `  ${one}`)];
}

function partLines(found: Explanation): string[] {
  const shown = found.parts.slice(0, LISTED_PARTS).map((part) => {
    const changed = found.refused === undefined ? 'changed' : 'unchanged, WorkMail would refuse the change';
    const what = part.edited ? changed : `unchanged, ${part.untouched ?? ''}`;
    return `  ${partName(part.path)}, ${part.mediaType}, bytes ${part.start}..${part.end}: ${what}`;
  });
  const more = found.parts.length - shown.length;
  return ['Parts:', ...shown, ...(more > 0 ? [`  and ${more} more`] : [])];
}

function contentLines(found: Explanation): string[] {
  const edits = `${found.edits} ${found.edits === 1 ? 'edit' : 'edits'}`;
  const sizes = `${bytes(found.bytesBefore)} become ${number.format(found.bytesAfter)}`;
  const mark = found.markHeader
    ? ', a mark header (X-Mailroom-Mark, about 90 bytes) is added at the top'
    : '';
  switch (found.form) {
    case 'asked':
      return [`Result: ${edits}; ${sizes}${mark}, and every other byte stays as it is.`];
    case 'repaired':
      return [
        `Result: ${edits}; ${sizes}${mark}, and every other byte stays as it is.`,
        ...found.repaired.map(
          ({ kind, path }) => `  repaired for WorkMail: ${partName(path)}: ${REPAIRED[kind]}`,
        ),
      ];
    case 'wrapped':
      return [`Result: the message becomes an attachment of a new one, octet by octet; ${sizes}${mark}.`];
  }
}

const REPAIRED: Readonly<Record<Explanation['repaired'][number]['kind'], string>> = {
  'long-lines': 'lines that are too long to be sent, encoded',
  'long-header-line': 'a header line that is too long to be sent, folded',
  'long-preamble': 'lines that are too long to be sent and that nobody sees, left out',
};

function resultLines(found: Explanation): string[] {
  if (found.gone) return ['Result: the message is not delivered, so no rule changes it.'];
  const { consequence, refused } = found;
  const then = consequence === undefined ? [] : [`  ${consequenceText(consequence)}`];
  if (refused !== undefined) {
    const why = refused.replace(/\.$/, '');
    return [
      `Result: WorkMail would refuse the changed message (${why}), so its content stays as it came.`,
      ...then,
    ];
  }
  if (found.edits === 0) return ['Result: the content stays as it is, octet for octet.', ...then];
  return [...contentLines(found), ...then, ...doubtLines(found)];
}

function consequenceText({ rule, kind, reason }: NonNullable<Explanation['consequence']>): string {
  return `rule ${JSON.stringify(rule)} then asks for: ${kind} (${reason}), for everyone`;
}

const NEXT: Readonly<Record<NonNullable<Explanation['doubts']>['next'], string>> = {
  asked: 'the same is tried again',
  repaired: 'what can be repaired is, and it is tried once more',
  wrapped: 'the message is wrapped',
  unchanged: 'its content stays as it came',
};

function doubtLines({ doubts }: Explanation): string[] {
  if (doubts === undefined) return [];
  const { problems, next, consequence } = doubts;
  const also = consequence === undefined ? '' : `; ${consequenceText(consequence)}`;
  return [`  WorkMail may refuse it: ${problems.join(' ')} Then ${NEXT[next]}${also}.`];
}

function openLines(dmarc: ExplainedDmarc): string[] {
  return dmarc.kind === 'decided' && dmarc.notCertain === true
    ? ['  as far as DMARC is known without --dns or --zone, which is not certain']
    : [];
}

/** What becomes of the message for each recipient, and what is done beside it. */
function deliveryLines(found: Explanation): string[] {
  const { dmarc } = found;
  if (dmarc.kind === 'decided' && isGone(dmarc))
    return [`Recipients: nobody gets it, DMARC asks for: ${dmarc.decision.action}`, ...openLines(dmarc)];
  const shown = found.recipients.slice(0, LISTED_RECIPIENTS);
  const each = shown.map((recipient, index) => `  [${index}] ${recipientLine(recipient)}`);
  const lines = ['Recipients:', ...each];
  const more = found.recipients.length - shown.length;
  if (more > 0) lines.push(`  and ${more} more`);
  lines.push(...openLines(dmarc));
  if (dmarc.kind === 'not-looked-up')
    lines.push('  without what DMARC asks for, which is not known here: of both the stricter holds');
  if (dmarc.kind === 'undecided' && dmarc.action === 'retry')
    lines.push('  once DNS answers: until then nothing is decided');
  return [...lines, ...effectLines(found).map((line) => `  ${line}`)];
}

/** The written order; one rule alone is never in conflict. With `--json` it is always there. */
function orderLines(found: Explanation): string[] {
  if (
    found.rules.filter(({ acts, alsoFor, notFor }) => acts || alsoFor.length + notFor.length > 0).length < 2
  )
    return [];
  return ['Where rules want different things:', ...found.conflictOrder.map((line) => `  ${line}`)];
}

/** The whole explanation; `file` is the name of the message. */
export function explanationText(found: Explanation, file: string): string {
  const journal = found.journal ? 'Journal: kept as it came in, before anything is decided' : 'Journal: off';
  const rules = found.rules.flatMap((rule, index) => ruleLines(rule, index, found));
  const lines = [
    ...headLines(found, file),
    '',
    journal,
    ...dmarcLines(found.dmarc),
    ...(found.authField === undefined ? [] : [`  header: ${AUTH_FIELD}: ${found.authField}`]),
    rules.length === 0 ? 'Rules: none' : 'Rules:',
    ...rules,
    ...unknownLines(found),
    ...deliveryLines(found),
    ...partLines(found),
    ...diffTextLines(found.diff),
    '',
    ...resultLines(found),
    ...orderLines(found),
    'Nothing was sent.',
  ];
  return `${lines.map(safe).join('\n')}\n`;
}
