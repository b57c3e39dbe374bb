/**
 * WorkMail's built-in journaling: one record of every message to or from a user, however many recipients it has, goes
 * to the journal address; when that one cannot be reached, the report address gets a notice.
 *
 * The record is a message of its own in the queue, made once for each message. It holds the content that is delivered
 * or sent, and is made for mail that a rule drops or bounces too: the guide says "every message" and no more. Records
 * and notices pass no rule, have no event and are never journaled.
 */
import { domainOf } from '../../shared/policy/pattern.ts';
import { childEntry, contentOf } from '../flow/children.ts';
import { type Engine, stateOf, type Work } from '../flow/engine.ts';
import { readHeaderFacts } from '../flow/facts.ts';
import { childId } from '../flow/ids.ts';
import type { Decision, Entry } from '../flow/types.ts';
import { composeJournalRecord, type JournaledRecipient } from './journal-record.ts';
import { composeReportNotice } from './report-notice.ts';

/** Sends the record of a message on its way, unless it is already. */
export async function journalMessage(engine: Engine, work: Work, decision: Decision): Promise<void> {
  const { entry, facts } = work;
  const { organization } = engine.deps;
  const { journaling } = organization.native;
  if (journaling === undefined || !isJournaled(entry)) return;
  if (journaling.awsappsDomain === 'deleted') {
    const text = `Not journaled: SES does not have ${awsappsDomain(engine)} any more.`;
    engine.archive.tell(entry.id, 'forwarded', text);
    return;
  }
  const { journalAddress } = journaling;
  if (!stateOf(engine, entry).children.has('journal')) {
    const bytes = composeJournalRecord({
      id: childId(entry.id, 'journal'),
      from: journalSender(engine),
      to: journalAddress,
      arrivedMs: entry.receivedAt,
      direction: entry.direction,
      facts,
      mailFrom: entry.mailFrom,
      recipients: decision.recipients.map(({ recipient }) => journaled(engine, recipient)),
      message: await contentOf(engine, entry),
    });
    await spool(engine, entry, 'journal', journalAddress, bytes);
  }
  const text = `Journaled to ${journalAddress}, as message ${childId(entry.id, 'journal')}.`;
  engine.archive.tell(entry.id, 'forwarded', text, { journalAddress });
  engine.events.write(entry.traceId, {
    eventName: 'JOURNALING_INITIATED',
    journalingAddress: journalAddress,
  });
}

/** Tells the report address that a record was refused. A refused notice is told to nobody. */
export async function reportFailedRecord(engine: Engine, work: Work, reason: string): Promise<void> {
  const { entry } = work;
  const { journaling } = engine.deps.organization.native;
  if (journaling === undefined || entry.parent?.role !== 'journal') return;
  if (stateOf(engine, entry).children.has('report')) return;
  const original = await engine.contents.original(entry.parent.id);
  const notice = composeReportNotice({
    id: childId(entry.id, 'report'),
    from: journalSender(engine),
    to: journaling.reportAddress,
    journalAddress: entry.recipients[0] ?? '',
    nowMs: engine.deps.now(),
    messageId: entry.parent.id,
    messageIdHeader: original === undefined ? undefined : readHeaderFacts(original).messageIdHeader,
    reason,
  });
  await spool(engine, entry, 'report', journaling.reportAddress, notice);
}

/** Each message once: not the internal copy of one that was submitted, no record, and of bounces those to a user. */
function isJournaled({ parent, direction }: Entry): boolean {
  return parent === undefined || (parent.role === 'bounce' && direction === 'inbound');
}

function journaled(engine: Engine, address: string): JournaledRecipient {
  const { organization } = engine.deps;
  return { address, members: organization.isGroup(address) ? organization.expand(address) : [] };
}

async function spool(
  engine: Engine,
  parent: Entry,
  role: 'journal' | 'report',
  to: string,
  bytes: Uint8Array,
): Promise<void> {
  const { organization } = engine.deps;
  const child = childEntry(engine, parent, role, {
    direction: organization.domains.includes(domainOf(to)) ? 'inbound' : 'outbound',
    // Nobody reads what comes back to amazonjournaling, so nothing is sent back.
    mailFrom: journalSender(engine),
    returnPath: '',
    recipients: [to],
    client: { address: '127.0.0.1', name: 'localhost', helo: awsappsDomain(engine) },
    bytes: bytes.length,
  });
  await engine.spoolChild(child, bytes);
}

function journalSender(engine: Engine): string {
  return `amazonjournaling@${awsappsDomain(engine)}`;
}

function awsappsDomain(engine: Engine): string {
  return `${engine.deps.organization.alias}.awsapps.com`;
}
