/**
 * The questions that the guide's chapter on CloudWatch Logs Insights answers, as SQL over the event log. Each gives
 * rows whose columns are the columns of the printed table.
 */
import type { EventDatabase, Row } from './database.ts';

/** All mail from an address, or from a domain and those below it. */
export function mailFrom(database: EventDatabase, who: string): readonly Row[] {
  return database.all(
    `SELECT time, json_extract(event, '$.from') AS "from", json_extract(event, '$.subject') AS subject,
       (SELECT group_concat(value, ', ') FROM json_each(event, '$.recipients')) AS recipients, trace_id AS trace
     FROM events
     WHERE event_name = 'ORGANIZATION_EMAIL_RECEIVED' AND (${SENT_BY}) ORDER BY time, id`,
    { who: who.toLowerCase() },
  );
}

/** `:who` is an address, or a domain. */
const SENT_BY = `lower(json_extract(event, '$.from')) = :who
  OR (instr(:who, '@') = 0 AND (
    substr(lower(json_extract(event, '$.from')), -length(:who) - 1) IN ('@' || :who, '.' || :who)))`;

/** What was bounced in either direction, and why; the newest first. */
export function bounces(database: EventDatabase): readonly Row[] {
  return database.all(
    `SELECT time, CASE event_name WHEN 'INCOMING_EMAIL_BOUNCED' THEN 'incoming' ELSE 'outgoing' END AS direction,
       coalesce(json_extract(event, '$.bouncedRecipient.emailAddress'), json_extract(event, '$.destination'),
         json_extract(event, '$.bouncedRecipient')) AS recipient,
       coalesce(json_extract(event, '$.bouncedRecipient.reason'), json_extract(event, '$.reason')) AS reason,
       json_extract(event, '$.bouncedRecipient.status') AS status, trace_id AS trace
     FROM events WHERE event_name IN ('INCOMING_EMAIL_BOUNCED', 'OUTGOING_EMAIL_BOUNCED')
     ORDER BY time DESC, id DESC`,
  );
}

/** Who gets how much spam, the most first. */
export function spamByRecipient(database: EventDatabase): readonly Row[] {
  return database.all(
    `SELECT recipient, count(*) AS messages FROM recipients
     WHERE event_name = 'ORGANIZATION_EMAIL_RECEIVED'
       AND id IN (SELECT id FROM events WHERE json_extract(event, '$.spamVerdict') = 'FAIL')
     GROUP BY recipient ORDER BY messages DESC, recipient`,
  );
}

/**
 * Mail that went to a junk folder, with every verdict that may be the reason. `dmarcPolicy` is what the author's domain
 * asks for, `dmarcApplied` what WorkMail's own enforcement applied.
 */
export function junked(database: EventDatabase, subject: string | undefined): readonly Row[] {
  return database.all(
    `SELECT delivered.time, json_extract(delivered.event, '$.recipient') AS mailbox,
       json_extract(received.event, '$.from') AS "from", json_extract(received.event, '$.subject') AS subject,
       json_extract(received.event, '$.spamVerdict') AS spam, json_extract(received.event, '$.spfVerdict') AS spf,
       json_extract(received.event, '$.dkimVerdict') AS dkim, json_extract(received.event, '$.dmarcVerdict') AS dmarc,
       (SELECT group_concat(DISTINCT rule) FROM rule_actions
        WHERE rule_actions.trace_id = delivered.trace_id AND action = 'MOVE_TO_JUNK') AS rule,
       json_extract(received.event, '$.dmarcPolicy') AS dmarcPolicy,
       (SELECT json_extract(event, '$.policy') FROM events AS applied
        WHERE applied.trace_id = delivered.trace_id AND event_name = 'DMARC_POLICY_APPLIED') AS dmarcApplied,
       delivered.trace_id AS trace
     FROM events AS delivered
     JOIN events AS received ON received.trace_id = delivered.trace_id
       AND received.event_name = 'ORGANIZATION_EMAIL_RECEIVED'
     WHERE delivered.event_name = 'MAILBOX_EMAIL_DELIVERED'
       AND json_extract(delivered.event, '$.folder') LIKE 'junk%'
       AND (:subject IS NULL OR instr(lower(json_extract(received.event, '$.subject')), lower(:subject)) > 0)
     GROUP BY delivered.id ORDER BY delivered.time, delivered.id`,
    { subject: subject ?? null },
  );
}

/** Mail that one rule acted on; without a name, how much mail each rule acted on. */
export function ruleUse(database: EventDatabase, name: string | undefined): readonly Row[] {
  if (name === undefined) {
    return database.all(
      `SELECT rule, rule_type AS type, action, count(*) AS recipients, count(DISTINCT trace_id) AS messages
       FROM rule_actions GROUP BY rule, rule_type, action ORDER BY rule, rule_type, action`,
    );
  }
  return database.all(
    `SELECT time, rule_type AS type, action, recipient, trace_id AS trace FROM rule_actions
     WHERE rule = :name ORDER BY time DESC, id DESC, recipient`,
    { name },
  );
}

/** How much each mailbox got and each user sent. */
export function counts(database: EventDatabase): readonly Row[] {
  return database.all(
    `SELECT 'received' AS direction, json_extract(event, '$.recipient') AS address, count(*) AS messages
     FROM events WHERE event_name = 'MAILBOX_EMAIL_DELIVERED' GROUP BY address
     UNION ALL
     SELECT 'sent', json_extract(event, '$.from') AS address, count(*)
     FROM events WHERE event_name = 'OUTGOING_EMAIL_SUBMITTED' GROUP BY address
     ORDER BY direction, messages DESC, address`,
  );
}

/** Mail that fails DMARC, by what the author's domain asks for. */
export function dmarcFailures(database: EventDatabase): readonly Row[] {
  return database.all(
    `SELECT json_extract(event, '$.dmarcPolicy') AS policy, count(*) AS messages FROM events
     WHERE event_name = 'ORGANIZATION_EMAIL_RECEIVED' AND json_extract(event, '$.dmarcVerdict') = 'FAIL'
     GROUP BY policy ORDER BY messages DESC, policy`,
  );
}

/**
 * WorkMail's CloudWatch metrics, as the guide defines each, counted from the events. IncomingEmailBounced is of full
 * mailboxes only, although the event has every bounce. AvailabilityProviderFailure is of another log.
 */
export function metrics(database: EventDatabase): readonly Row[] {
  return database.all(
    `SELECT column1 AS metric, count(events.id) AS value FROM (VALUES
       ('OrganizationEmailReceived', 'ORGANIZATION_EMAIL_RECEIVED'),
       ('MailboxEmailDelivered', 'MAILBOX_EMAIL_DELIVERED'),
       ('IncomingEmailBounced', 'INCOMING_EMAIL_BOUNCED'),
       ('OutgoingEmailBounced', 'OUTGOING_EMAIL_BOUNCED'),
       ('OutgoingEmailSent', 'OUTGOING_EMAIL_SENT'))
     LEFT JOIN events ON event_name = column2 AND (column1 <> 'IncomingEmailBounced'
       OR json_extract(event, '$.bouncedRecipient.status') = '5.2.2')
     GROUP BY column1, column2 ORDER BY column1`,
  );
}
