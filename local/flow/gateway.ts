/**
 * The part of a message's way that leads through the organization's SMTP gateway. What the gateway answered is put on
 * record as `sent/ID.gateway.json` before anything follows from it, so after a restart it is asked again only when it
 * had not answered yet. A kill between its answer and the record sends the message twice, as it does with every mail
 * server (RFC 5321 §6.1).
 */
import { PermanentError } from '../../shared/errors.ts';
import type { GatewayOutcome } from '../smtp/gateway.ts';
import { sentEvent } from './effects.ts';
import { type Engine, stateOf, type Work } from './engine.ts';
import type { Decision, RecipientDecision } from './types.ts';

/**
 * Hands over what was decided to go there. What the gateway does not take becomes a bounce in the decision that comes
 * back; all else stays as it was. May be gone through any number of times.
 */
export async function throughGateway(engine: Engine, work: Work, decision: Decision): Promise<Decision> {
  const recipients = decision.recipients.filter(({ to }) => to === 'gateway').map((item) => item.recipient);
  if (recipients.length === 0) return decision;
  const base = `${engine.dataDir}/sent/${work.entry.id}.gateway`;
  const known = await readRecord(engine, `${base}.json`);
  const outcome = known ?? (await engine.callTurns(() => handOver(engine, work, recipients)));
  if (known === undefined) await writeRecord(engine, work, `${base}.json`, outcome);
  if (outcome.accepted.length > 0)
    engine.disk.link(engine.contents.currentPath(work.entry.id), `${base}.eml`);
  await engine.disk.syncDirectory(`${engine.dataDir}/sent`);
  if (!stateOf(engine, work.entry).delivered) tellSent(engine, work, outcome);
  const refusals = new Map(outcome.refused.map((refusal) => [refusal.recipient, refusal]));
  return {
    ...decision,
    recipients: decision.recipients.map((item): RecipientDecision => {
      const refusal = item.to === 'gateway' ? refusals.get(item.recipient) : undefined;
      if (refusal === undefined) return item;
      return { ...item, to: 'bounce', notice: { text: refusal.text, status: refusal.status } };
    }),
  };
}

async function handOver(
  engine: Engine,
  { entry }: Work,
  recipients: readonly string[],
): Promise<GatewayOutcome> {
  const { gateway } = engine.deps;
  // `smtpGateway: sink`: the file is all there is.
  if (gateway === undefined) return { accepted: recipients, refused: [] };
  const bytes = await engine.contents.current(entry.id);
  if (bytes === undefined) throw new PermanentError('the content of a message is missing');
  return gateway({ mailFrom: entry.mailFrom, recipients, bytes });
}

/** As `sent/ID.json` has it, and who was refused. */
interface GatewayRecord {
  readonly messageId: string;
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly refused: GatewayOutcome['refused'];
  readonly route: 'smtpGateway';
  readonly submittedBy: string | null;
}

async function readRecord(engine: Engine, path: string): Promise<GatewayOutcome | undefined> {
  const bytes = await engine.disk.read(path);
  if (bytes === undefined) return undefined;
  // Written by `writeRecord` below, whole or not at all.
  const record: GatewayRecord = JSON.parse(Buffer.from(bytes).toString('utf8'));
  return { accepted: record.recipients, refused: record.refused };
}

async function writeRecord(
  engine: Engine,
  { entry }: Work,
  path: string,
  outcome: GatewayOutcome,
): Promise<void> {
  const record: GatewayRecord = {
    messageId: entry.id,
    mailFrom: entry.mailFrom,
    recipients: outcome.accepted,
    refused: outcome.refused,
    route: 'smtpGateway',
    submittedBy: entry.authenticatedUser ?? null,
  };
  await engine.disk.create(`${path}.tmp`, Buffer.from(`${JSON.stringify(record)}\n`));
  engine.disk.rename(`${path}.tmp`, path);
}

function tellSent({ archive, events }: Engine, work: Work, outcome: GatewayOutcome): void {
  const { entry } = work;
  const { accepted, refused } = outcome;
  if (accepted.length > 0) {
    const text = `Sent through the SMTP gateway to ${accepted.length} outside the organization.`;
    archive.tell(entry.id, 'sent', text, { recipients: accepted, route: 'smtpGateway' });
  }
  for (const { recipient, text } of refused) {
    archive.tell(entry.id, 'sent', `Not sent to ${recipient}: ${text}`, { recipient, route: 'smtpGateway' });
  }
  for (const recipient of accepted) events.write(entry.traceId, sentEvent(work, recipient));
}
