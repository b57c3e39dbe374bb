/**
 * Carries out what was decided. Every effect may be carried out twice: after a crash all of them are gone through
 * again, and what is there already stays as it is. So names are computed from the message's id, and whatever is made
 * by chance (signatures, the internal copy's header block) is stored before anything follows from it.
 */

import { PermanentError } from '../../shared/errors.ts';
import { domainOf } from '../../shared/policy/pattern.ts';
import { type MailEvent, onBehalf } from '../event-log/events.ts';
import { journalMessage, reportFailedRecord } from '../native/journaling.ts';
import { inTransitContent, withSesBlock } from '../native/ses-headers.ts';
import { composeBounce } from './bounce.ts';
import { childEntry, contentOf, eventsOf } from './children.ts';
import { type Engine, stateOf, type Work } from './engine.ts';
import { headerBytes } from './facts.ts';
import { childId } from './ids.ts';
import { deliver, folderPath, maildirName, makeFolder } from './maildir.ts';
import { movedEvent, redirectAll } from './redirect.ts';
import type { Decision, Entry, RecipientDecision } from './types.ts';

/** Resolves when every copy is where it belongs and would survive a power cut. */
export async function carryOut(engine: Engine, work: Work, decision: Decision): Promise<void> {
  await journalMessage(engine, work, decision);
  if (work.entry.direction === 'inbound') await deliverAll(engine, work, decision);
  else await sendAll(engine, work, decision);
  await redirectAll(engine, work, decision);
  for (const { recipient } of decision.recipients.filter(({ to }) => to === 'drop')) {
    engine.archive.tell(work.entry.id, 'dropped', `Dropped for ${recipient}; the sender is not told.`, {
      recipient,
    });
  }
  await bounceAll(engine, work, decision);
}

async function deliverAll(engine: Engine, work: Work, decision: Decision): Promise<void> {
  const { entry } = work;
  const { disk, archive } = engine;
  const events = eventsOf(engine, entry);
  const source = await finished(engine, entry);
  const name = maildirName(entry);
  const touched: string[] = [];
  for (const { mailbox, folder } of decision.deliveries) {
    const path = folderPath(engine.dataDir, mailbox, folder);
    await makeFolder(disk, engine.dataDir, mailbox, folder);
    deliver(disk, path, source, name, work.again);
    touched.push(`${path}/new`);
  }
  await Promise.all(touched.map((path) => disk.syncDirectory(path)));
  engine.mailboxUse.delivered(entry.id);
  for (const { mailbox, folder, rule } of decision.deliveries) {
    const chosen = rule === undefined ? '' : ` by the mailbox's own rule "${rule}"`;
    archive.tell(entry.id, 'delivered', `Delivered to ${mailbox}, folder ${folder}${chosen}.`, {
      recipient: mailbox,
      folder,
    });
    if (rule !== undefined) events.write(entry.traceId, movedEvent(mailbox, rule, folder));
    events.write(entry.traceId, { eventName: 'MAILBOX_EMAIL_DELIVERED', recipient: mailbox, folder });
  }
}

/** The file that mailboxes get. */
async function finished(engine: Engine, entry: Entry): Promise<string> {
  const { contents } = engine;
  const { sesBlock } = entry;
  if (sesBlock === undefined) return contents.finish(entry.id);
  const whole = async () => withSesBlock(sesBlock, await contentOf(engine, entry));
  return (await contents.finishWith(entry.id, whole)).path;
}

async function sendAll(engine: Engine, work: Work, decision: Decision): Promise<void> {
  const { entry } = work;
  const { contents, deps } = engine;
  const toSend = addresses(decision, 'send');
  if (toSend.length === 0) contents.finish(entry.id);
  if (toSend.length === 0) return;
  const signed = await contents.finishWith(entry.id, async () => {
    return deps.sign(await contentOf(engine, entry), signingDomain(engine, work));
  });
  const inside = toSend.filter((recipient) => deps.organization.domains.includes(domainOf(recipient)));
  const world = toSend.filter((recipient) => !inside.includes(recipient));
  if (world.length > 0) {
    const mailFrom = envelopeSender(engine, entry, signed.bytes);
    await send(engine, work, { source: signed.path, recipients: world, mailFrom });
  }
  if (inside.length > 0) await forward(engine, work, signed.bytes, inside);
}

interface Sending {
  /** The file with the content. */
  readonly source: string;
  readonly recipients: readonly string[];
  readonly mailFrom: string;
}

/** Puts a message into `sent/`: the content, and beside it who it goes to. */
async function send(engine: Engine, work: Work, sending: Sending): Promise<void> {
  const { source, recipients, mailFrom } = sending;
  const { entry } = work;
  const { disk, archive } = engine;
  const events = eventsOf(engine, entry);
  const base = `${engine.dataDir}/sent/${entry.id}`;
  if (!disk.exists(`${base}.eml`)) {
    const envelope = {
      messageId: entry.id,
      mailFrom,
      recipients,
      route: 'ses',
      submittedBy: entry.authenticatedUser ?? null,
    };
    await disk.create(`${base}.json.tmp`, Buffer.from(`${JSON.stringify(envelope)}\n`));
    disk.rename(`${base}.json.tmp`, `${base}.json`);
    disk.link(source, `${base}.eml`);
  }
  await disk.syncDirectory(`${engine.dataDir}/sent`);
  archive.tell(entry.id, 'sent', `Sent to ${recipients.length} outside the organization.`, {
    recipients,
    route: 'ses',
  });
  for (const recipient of recipients) events.write(entry.traceId, sentEvent(work, recipient));
}

/** What the event log says of a copy that left, by SES or through the SMTP gateway. */
export function sentEvent({ entry, facts }: Work, recipient: string): MailEvent {
  const from = facts.from ?? entry.mailFrom;
  return {
    eventName: 'OUTGOING_EMAIL_SENT',
    recipient,
    ...onBehalf(entry.authenticatedUser === undefined ? undefined : facts.sender, from),
    from,
    messageId: facts.messageIdHeader ?? entry.id,
  };
}

/** The organization's own recipients get it as everyone does: by SMTP from SES to SES, through the inbound rules. */
async function forward(
  engine: Engine,
  work: Work,
  bytes: Uint8Array,
  recipients: readonly string[],
): Promise<void> {
  const { entry } = work;
  if (!stateOf(engine, entry).children.has('forward')) {
    const { sesClient } = engine.deps;
    const mailFrom = envelopeSender(engine, entry, bytes);
    const received = await engine.deps.receive({ bytes, mailFrom, recipients, client: sesClient });
    const { sesHeaders } = engine.deps.organization.assumptions;
    const content = inTransitContent(received.bytes, bytes, sesHeaders);
    const child = childEntry(engine, entry, 'forward', {
      direction: 'inbound',
      mailFrom,
      returnPath: entry.returnPath,
      recipients,
      client: sesClient,
      verdicts: received.verdicts,
      ...(entry.redirectedBy === undefined ? {} : { redirectedBy: entry.redirectedBy }),
      ...(content.sesBlock === undefined ? {} : { sesBlock: content.sesBlock }),
      bytes: content.bytes.length,
    });
    await engine.spoolChild(child, content.bytes);
  }
  const id = childId(entry.id, 'forward');
  const text = `Handed over to ${recipients.length} of the organization, as message ${id}.`;
  engine.archive.tell(entry.id, 'forwarded', text, { recipients, messageId: id });
}

async function bounceAll(engine: Engine, work: Work, decision: Decision): Promise<void> {
  const { entry } = work;
  const bounced = decision.recipients.flatMap(({ recipient, to, notice }) =>
    to === 'bounce' && notice !== undefined ? [{ recipient, ...notice }] : [],
  );
  if (bounced.length === 0) return;
  for (const { recipient, text, status } of bounced) {
    engine.archive.tell(entry.id, 'bounced', `Bounced for ${recipient}: ${text}`, { recipient, status });
    const bouncedRecipient = { emailAddress: recipient, reason: text, status };
    eventsOf(engine, entry).write(
      entry.traceId,
      entry.direction === 'inbound'
        ? { eventName: 'INCOMING_EMAIL_BOUNCED', bouncedRecipient }
        : { eventName: 'OUTGOING_EMAIL_BOUNCED', bouncedRecipient, destination: recipient, reason: text },
    );
  }
  if (entry.parent?.role === 'journal') {
    await reportFailedRecord(engine, work, bounced.map(({ text }) => text).join(' '));
    return;
  }
  // RFC 5321 §6.1: a null sender is never told, or two hosts would tell each other for ever.
  if (entry.returnPath === '') {
    engine.archive.tell(entry.id, 'dropped', 'The sender is the null sender: nobody is told.');
  } else if (!stateOf(engine, entry).children.has('bounce')) {
    await notify(engine, work, bounced);
  }
}

async function notify(
  engine: Engine,
  work: Work,
  recipients: readonly { recipient: string; text: string; status: string }[],
): Promise<void> {
  const { entry, facts } = work;
  const { organization, now } = engine.deps;
  const reportingHost = `inbound-smtp.${organization.region}.amazonaws.com`;
  const bytes = composeBounce({
    id: childId(entry.id, 'bounce'),
    to: entry.returnPath,
    domain: ownDomain(engine),
    reportingHost,
    nowMs: now(),
    arrivedMs: entry.receivedAt,
    recipients,
    header: headerBytes(await contentOf(engine, entry)),
    messageIdHeader: facts.messageIdHeader,
  });
  const ours = organization.domains.includes(domainOf(entry.returnPath));
  const child = childEntry(engine, entry, 'bounce', {
    direction: ours ? 'inbound' : 'outbound',
    mailFrom: '',
    returnPath: '',
    recipients: [entry.returnPath],
    client: { address: '127.0.0.1', name: 'localhost', helo: reportingHost },
    bytes: bytes.length,
  });
  await engine.spoolChild(child, bytes);
}

function addresses(decision: Decision, to: RecipientDecision['to']): string[] {
  return decision.recipients.filter((item) => item.to === to).map((item) => item.recipient);
}

/** A null sender stays one. */
function envelopeSender(engine: Engine, entry: Entry, signed: Uint8Array): string {
  return entry.mailFrom === '' ? '' : engine.deps.envelopeSender(signed);
}

function signingDomain(engine: Engine, work: Work): string {
  const { domains } = engine.deps.organization;
  const author = domainOf(work.facts.from ?? work.entry.mailFrom);
  return domains.includes(author) ? author : ownDomain(engine);
}

function ownDomain(engine: Engine): string {
  const first = engine.deps.organization.domains[0];
  if (first === undefined) throw new PermanentError('the organization has no domain');
  return first;
}
