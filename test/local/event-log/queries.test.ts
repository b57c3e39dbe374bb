/** The guide's questions to the log. */
import { describe, expect, it } from 'vitest';
import { openEventDatabase } from '../../../local/event-log/database.ts';
import {
  bounces,
  counts,
  dmarcFailures,
  junked,
  mailFrom,
  metrics,
  ruleUse,
  spamByRecipient,
} from '../../../local/event-log/queries.ts';
import { explainMail } from '../../../local/event-log/why.ts';
import {
  bouncedIn,
  bouncedOut,
  databaseOf,
  delivered,
  dmarcApplied,
  type Line,
  logOf,
  received,
  redirected,
  ruleApplied,
  sent,
  submitted,
} from './world.ts';

const A = 'ann@good.example';
const B = 'bob@example.com';
const C = 'carol@example.com';
const FAILS = { dmarcVerdict: 'FAIL', dmarcPolicy: 'REJECT' };

function whyOf(...lines: Line[]) {
  return explainMail(databaseOf(...lines), 'ANN@good.example', 'Bob@example.com').map(
    ({ outcome, why, traces }) => [outcome, why, traces.join()],
  );
}

describe("[E10] why B did not get A's mail", () => {
  it.each([
    ['delivered', [delivered(C), delivered(B)], 'It was delivered to Inbox of bob@example.com.'],
    [
      'redirected',
      [redirected('away', B, 'x@else.example'), delivered(C)],
      'The rule "away" of the mailbox redirected it to x@else.example.',
    ],
    [
      'redirected',
      [redirected('away', 'an.alias.of@example.com', 'x@else.example')],
      'The rule "away" of the mailbox redirected it to x@else.example.',
    ],
    [
      'delivered',
      [redirected('away', B, C), delivered(C), redirected('back', C, B), delivered(B)],
      'It was delivered to Inbox of bob@example.com.',
    ],
    [
      'junk',
      [ruleApplied('news', 'MOVE_TO_JUNK', [B]), delivered(B, 'Junk')],
      'It was delivered to Junk of bob@example.com: the rule "news" moved it there.',
    ],
    [
      'junk',
      [dmarcApplied(A, [B], 'QUARANTINE'), delivered(B, 'Junk')],
      "It was delivered to Junk of bob@example.com: WorkMail's own DMARC enforcement moved it there, because the sender's domain asks for quarantine.",
    ],
    [
      'junk',
      [delivered(B, 'Junk E-mail')],
      'It was delivered to Junk E-mail of bob@example.com: the log does not say why.',
    ],
    ['bounced', [bouncedIn(C), bouncedIn(B)], 'It was bounced: The mailbox is full. (5.2.2)'],
    ['dropped', [ruleApplied('out', 'DROP', [B]), delivered(C)], 'The flow rule "out" dropped it.'],
    [
      'dropped',
      [dmarcApplied(A, [B], 'REJECT')],
      "WorkMail's own DMARC enforcement dropped it: the sender's domain asks for reject.",
    ],
    [
      'under-way',
      [],
      'It came in and nothing more is in the log: it waits, perhaps for a function that is tried again.',
    ],
  ] as const)('%s', (outcome, events, why) => {
    const all = [received(A, [B, C]), ...events].map((event): Line => ['t', event]);
    expect(whyOf(...all)).toEqual([[outcome, why, 't']]);
  });

  it('held for spam', () => {
    const [story] = whyOf(['t', received(A, [B], { spamVerdict: 'FAIL' })], ['t', delivered(B, 'Junk')]);
    expect(story?.[1]).toBe('It was delivered to Junk of bob@example.com: SES holds it for spam.');
  });

  it('of a group or an alias tells every mailbox', () => {
    const [story] = whyOf(['t', received(A, [B])], ['t', delivered('x@example.com')], ['t', delivered(C)]);
    expect(story?.[1]).toBe('It was delivered to Inbox of x@example.com and Inbox of carol@example.com.');
  });

  it('to a member of the group, or the owner of the alias, that it was written to', () => {
    const group = 'staff@example.com';
    expect(
      whyOf(
        ['t', received(A, [group])],
        ['t', ruleApplied('news', 'MOVE_TO_JUNK', [group])],
        ['t', delivered(C, 'Junk')],
        ['t', delivered(B, 'Junk')],
        ['u', received(A, [group])],
        ['u', delivered(C)],
      ),
    ).toEqual([
      ['junk', 'It was delivered to Junk of bob@example.com: the rule "news" moved it there.', 't'],
    ]);
  });

  it("not by the rule that moved another's copy", () => {
    const [story] = whyOf(
      ['t', received(A, [B, C], { spamVerdict: 'FAIL' })],
      ['t', ruleApplied('news', 'MOVE_TO_JUNK', [C])],
      ['t', delivered(B, 'Junk')],
    );
    expect(story?.[1]).toBe('It was delivered to Junk of bob@example.com: SES holds it for spam.');
  });

  it('follows the message id from the trace that sent to the one that received, and tells it once', () => {
    expect(
      whyOf(
        ['s', submitted(A, [B])],
        ['s', sent(A, B, '<9@x>')],
        ['r', received(A, [B], { messageId: '<9@x>' })],
        ['r', delivered(B)],
      ),
    ).toEqual([['delivered', 'It was delivered to Inbox of bob@example.com.', 's,r']]);
  });

  it('of mail that left says no more than that', () => {
    expect(whyOf(['s', submitted(A, [B, C])], ['s', sent(A, B)], ['s', delivered(C)])).toEqual([
      ['sent', 'It was sent to bob@example.com. What the server there did with it is not in this log.', 's'],
    ]);
  });

  it('refused by the organization', () => {
    expect(whyOf(['s', submitted(A, [B])], ['s', bouncedOut(B, 'Blocked')])[0]?.[1]).toBe(
      'It was bounced: Blocked (5.7.1)',
    );
  });

  it('each message by itself, and none of others', () => {
    const stories = whyOf(
      ['t1', received(A, [B])],
      ['t2', received('other@good.example', [B])],
      ['t3', received(A, [C])],
      ['t4', received(A, [B])],
      ['t1', delivered(B)],
    );
    expect(stories.map(([outcome, , trace]) => [outcome, trace])).toEqual([
      ['delivered', 't1'],
      ['under-way', 't4'],
    ]);
  });

  it('of a real log that has fields fewer or other', () => {
    const database = openEventDatabase(
      [
        { eventName: 'OUTGOING_EMAIL_SUBMITTED', recipients: [B], from: A },
        { eventName: 'OUTGOING_EMAIL_BOUNCED', bouncedRecipient: B },
        { eventName: 'SOMETHING_NEW', recipients: 'x' },
        { eventName: 'RULE_APPLIED' },
      ].map((event, index) => ({ timeMs: index, traceId: 't', eventName: event.eventName, event })),
    );
    expect(explainMail(database, A, B)).toMatchObject([
      { outcome: 'bounced', why: 'It was bounced: no reason is given', subject: '' },
    ]);
    expect(bounces(database)).toMatchObject([{ recipient: B, reason: null }]);
  });
});

describe('the other questions', () => {
  it('[E11] all mail from an address, or from a domain and those below it', () => {
    const database = databaseOf(
      ['1', received('Ann@Good.example', [B, C])],
      ['2', received('x@mail.good.example', [B])],
      ['3', received('x@notgood.example', [B])],
      ['4', submitted(A, [B])],
    );
    const traces = (who: string) => mailFrom(database, who).map((row) => row['trace']);
    expect([traces(A), traces('GOOD.example'), traces('ood.example'), traces('@good.example')]).toEqual([
      ['1'],
      ['1', '2'],
      [],
      [],
    ]);
    expect(mailFrom(database, A)[0]).toMatchObject({ subject: 'Hello', recipients: `${B}, ${C}` });
  });

  it('[E12] bounces with their reasons, the newest first', () => {
    const database = databaseOf(['1', bouncedIn(B)], ['2', bouncedOut('w@world.example', 'Blocked')]);
    expect(bounces(database)).toMatchObject([
      { direction: 'outgoing', recipient: 'w@world.example', reason: 'Blocked', status: '5.7.1', trace: '2' },
      { direction: 'incoming', recipient: B, reason: 'The mailbox is full.', status: '5.2.2', trace: '1' },
    ]);
  });

  it('[E13] spam by recipient', () => {
    const spam = { spamVerdict: 'FAIL' };
    const database = databaseOf(
      ['1', received(A, [B, C], spam)],
      ['2', received(A, [C], spam)],
      ['3', received(A, [B])],
    );
    expect(spamByRecipient(database)).toEqual([
      { recipient: C, messages: 2 },
      { recipient: B, messages: 1 },
    ]);
  });

  it('[E14] why mail went to Junk', () => {
    const database = databaseOf(
      ['1', received(A, [B], { ...FAILS, subject: 'The Invoice' })],
      ['1', ruleApplied('mailflow', 'MOVE_TO_JUNK', [B])],
      ['1', delivered(B, 'Junk')],
      ['2', received(A, [C])],
      ['2', delivered(C)],
      ['3', received(A, [C], { dmarcVerdict: 'FAIL' })],
      ['3', dmarcApplied(A, [C], 'QUARANTINE')],
      ['3', delivered(C, 'Junk')],
    );
    expect(junked(database, undefined)).toMatchObject([
      {
        mailbox: B,
        from: A,
        dmarc: 'FAIL',
        spam: 'PASS',
        rule: 'mailflow',
        dmarcPolicy: 'REJECT',
        dmarcApplied: null,
        trace: '1',
      },
      { mailbox: C, rule: null, dmarcPolicy: null, dmarcApplied: 'QUARANTINE', trace: '3' },
    ]);
    expect(junked(database, 'invoice')).toHaveLength(1);
  });

  it('[E15] mail that a rule acted on', () => {
    const database = databaseOf(
      ['1', ruleApplied('a', 'DEFAULT', [B, C])],
      ['2', ruleApplied('a', 'DROP', [B])],
      ['3', ruleApplied('b', 'DEFAULT', ['w@world.example'], 'OUTBOUND_RULE')],
    );
    expect(ruleUse(database, 'a').map((row) => [row['trace'], row['action'], row['recipient']])).toEqual([
      ['2', 'DROP', B],
      ['1', 'DEFAULT', B],
      ['1', 'DEFAULT', C],
    ]);
    expect(ruleUse(database, undefined)).toEqual([
      { rule: 'a', type: 'INBOUND_RULE', action: 'DEFAULT', recipients: 2, messages: 1 },
      { rule: 'a', type: 'INBOUND_RULE', action: 'DROP', recipients: 1, messages: 1 },
      { rule: 'b', type: 'OUTBOUND_RULE', action: 'DEFAULT', recipients: 1, messages: 1 },
    ]);
  });

  it('[E16] counts for each mailbox and each sender', () => {
    const database = databaseOf(
      ['1', delivered(B)],
      ['2', delivered(B, 'Junk')],
      ['3', delivered(C)],
      ['4', submitted(B, ['x@x.example', 'y@x.example'])],
    );
    expect(counts(database)).toEqual([
      { direction: 'received', address: B, messages: 2 },
      { direction: 'received', address: C, messages: 1 },
      { direction: 'sent', address: B, messages: 1 },
    ]);
  });

  it('[E17] failing DMARC by policy', () => {
    const database = databaseOf(
      ['1', received(A, [B], FAILS)],
      ['2', received(A, [B], FAILS)],
      ['3', received(A, [B], { dmarcVerdict: 'FAIL', dmarcPolicy: 'NONE' })],
      ['4', received(A, [B])],
    );
    expect(dmarcFailures(database)).toEqual([
      { policy: 'REJECT', messages: 2 },
      { policy: 'NONE', messages: 1 },
    ]);
  });
});

describe('the metrics', () => {
  const valuesOf = (...lines: Line[]) =>
    Object.fromEntries(metrics(databaseOf(...lines)).map((row) => [row['metric'], row['value']]));

  it('[E18] [E19] a message counts once, its deliveries each', () => {
    expect(valuesOf(['1', received(A, [B, C])], ['1', delivered(B)], ['1', delivered(C)])).toEqual({
      OrganizationEmailReceived: 1,
      MailboxEmailDelivered: 2,
      IncomingEmailBounced: 0,
      OutgoingEmailBounced: 0,
      OutgoingEmailSent: 0,
    });
  });

  it('[E20] IncomingEmailBounced counts full mailboxes only', () => {
    const database: Line[] = [
      ['1', bouncedIn(B)],
      ['1', bouncedIn(C, '5.7.1', 'No')],
      ['2', bouncedIn(C, '5.7.1', 'No')],
    ];
    expect(valuesOf(...database)).toMatchObject({ IncomingEmailBounced: 1 });
    expect(bounces(databaseOf(...database))).toHaveLength(3);
  });

  it('[E21] OutgoingEmailBounced and OutgoingEmailSent count recipients', () => {
    const x = 'x@world.example';
    expect(
      valuesOf(['1', submitted(B, [x, x])], ['1', sent(B, x)], ['1', sent(B, x)], ['1', bouncedOut(x, 'No')]),
    ).toMatchObject({ OutgoingEmailSent: 2, OutgoingEmailBounced: 1 });
  });
});

describe('the database', () => {
  it('takes hostile text for text', () => {
    const evil = "x'); DROP TABLE events; --@good.example";
    const database = databaseOf(['1', received(evil, [B], { subject: "' OR 1=1 --" })]);
    expect(mailFrom(database, "' OR '1'='1")).toEqual([]);
    expect(mailFrom(database, evil)).toHaveLength(1);
    expect(junked(database, "'")).toEqual([]);
  });

  it('is none in a folder that is none', () => {
    expect(() => openEventDatabase(logOf(), '/nowhere/at/all.db')).toThrow('the database cannot be made');
  });
});

it('finds what belongs together by index: a log of a week has a hundred thousand events', () => {
  const database = databaseOf();
  const plan = (sql: string): string =>
    database
      .all(`EXPLAIN QUERY PLAN ${sql}`)
      .map(({ detail }) => String(detail))
      .join('\n');
  const messageId = "json_extract(event, '$.messageId')";
  expect(
    plan(`SELECT 1 FROM events WHERE event_name = 'ORGANIZATION_EMAIL_RECEIVED' AND ${messageId} = 'x'`),
  ).toContain('received_by_message_id');
  for (const of of ["events WHERE trace_id = 't' AND event_name = 'X'", "rule_actions WHERE trace_id = 't'"])
    expect(plan(`SELECT 1 FROM ${of}`)).toContain('events_by_trace');
});
