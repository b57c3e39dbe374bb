/** An explanation as lines for a person at a terminal. */
import type { SesEvidence } from '../../shared/auth/index.ts';
import type { ChangeOutcome } from '../../shared/mime/types.ts';
import { type ExplainedDmarc, type ExplainedRule, type Explanation, UNTOUCHED } from './explanation.ts';
import { safe } from './safe-text.ts';

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
        `DMARC (${dmarc.mode}): failed; the published policy was not looked up (give --dns HOST:PORT)`,
        `  with p=none: ${none}, with p=quarantine: ${quarantine}, with p=reject: ${reject}`,
      ];
    }
    case 'undecided':
      return [
        `DMARC (${dmarc.mode}): undecided, the published policy could not be looked up`,
        `  then: ${dmarc.action === 'retry' ? 'WorkMail is asked to call again' : dmarc.action}`,
      ];
    case 'decided': {
      const { action, wouldBe, reason, text, published, exception } = dmarc.decision;
      const enforced =
        dmarc.mode === 'monitor' && wouldBe !== action ? `; enforcing would be: ${wouldBe}` : '';
      const lines = [`DMARC (${dmarc.mode}): ${action}${enforced}`, `  ${reason}: ${text}`];
      if (published !== undefined) lines.push(`  published policy: ${published}`);
      if (exception !== undefined) lines.push(`  exception: ${exception}`);
      return lines;
    }
  }
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
  const lines = [`  ${index + 1}. ${rule.name}: ${rule.acts ? 'acts' : 'does not act'}`];
  for (const { clause, key, held, why } of rule.conditions) {
    lines.push(`    ${clause} ${key}: ${held ? 'holds' : 'does not hold'}, ${why}`);
  }
  if (rule.conditions.length === 0) lines.push('    no condition: every message');
  for (const { change, outcome } of rule.changes) lines.push(...outcomeLines(change, outcome));
  if (rule.alsoFor.length > 0) lines.push(`    gets the change without matching: ${names(rule.alsoFor)}`);
  if (rule.notFor.length > 0) lines.push(`    would match alone: ${names(rule.notFor)}`);
  return lines;
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

function resultLine(found: Explanation): string {
  if (found.gone) return 'Result: the message is not delivered, so no rule changes it.';
  if (found.edits === 0) return 'Result: the content stays as it is, octet for octet.';
  if (found.refused !== undefined) {
    const why = found.refused.replace(/\.$/, '');
    return `Result: WorkMail would refuse the changed message (${why}), so it is delivered as it came.`;
  }
  const edits = `${found.edits} ${found.edits === 1 ? 'edit' : 'edits'}`;
  const sizes = `${bytes(found.bytesBefore)} become ${number.format(found.bytesAfter)}`;
  const mark = found.markHeader
    ? ', a mark header (X-Mailroom-Mark, about 90 bytes) is added at the top'
    : '';
  return `Result: ${edits}; ${sizes}${mark}, and every other byte stays as it is.`;
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
    rules.length === 0 ? 'Rules: none' : 'Rules:',
    ...rules,
    ...partLines(found),
    '',
    resultLine(found),
    'Nothing was sent.',
  ];
  return `${lines.map(safe).join('\n')}\n`;
}
