/** Each condition by itself: what holds, what does not, and what is said of it. */

import { describe, expect, it } from 'vitest';
import { savedNames } from '../../../shared/mime/file-names.ts';
import { CONDITIONS } from '../../../shared/policy/conditions/index.ts';
import { type MessageFacts, matchRules, type RuleMatch } from '../../../shared/policy/index.ts';
import { CONDITION_VALUES } from './generate-rules.ts';
import { attachment, conditionOf, facts, policy, rule } from './make.ts';

const LISTS = new Map([['partners', ['partner.example', '*.friends.example']]]);

async function match(yaml: string, change: Partial<MessageFacts> = {}): Promise<RuleMatch> {
  const when = await conditionOf(yaml);
  const [found] = matchRules({ ...policy(rule({ when })), lists: LISTS }, facts(change));
  if (found === undefined) throw new Error('no rule');
  return found;
}

const exe = {
  mediaType: 'application/vnd.microsoft.portable-executable',
  extensions: ['exe'],
  executable: true,
};
const zip = (...names: string[]): MessageFacts['attachments'] => {
  const archive = { entries: names.map((name) => ({ name, encrypted: false })), complete: true };
  return () => [attachment({ names: ['a.zip'], mediaType: 'application/zip' }, { archive })];
};
const named =
  (...names: string[]): MessageFacts['attachments'] =>
  () => [attachment({ names: names.flatMap((name) => [name, ...savedNames(name)]) })];
const body =
  (text: string, complete = true): MessageFacts['bodyText'] =>
  () => ({ text, complete });
const groups = (...members: string[]): Partial<MessageFacts> => ({
  lookups: { groups: new Map([['staff@example.com', new Set(members)]]), firstContact: [] },
});
const first = (...known: (boolean | undefined)[]): Partial<MessageFacts> => ({
  lookups: { groups: new Map(), firstContact: known },
});
const evidence = (change: object): Partial<MessageFacts> => ({
  evidence: {
    state: 'present',
    spf: { result: 'softfail', envelopeFromDomain: 'a.example' },
    dkim: [
      { result: 'fail', domain: 'a.example' },
      { result: 'pass', domain: 'b.example' },
    ],
    dmarc: { result: 'pass', headerFromDomain: 'a.example' },
    ...change,
  },
});
/** Monday, 23:30 in Berlin. */
const monday = { now: Date.UTC(2026, 10, 23, 22, 30) };

describe('a condition', () => {
  it.each<[string, Partial<MessageFacts>, boolean, string]>([
    ['from: list:own', {}, true, 'the author matches "list:own"'],
    ['from: list:partners', {}, false, 'the author does not match "list:partners"'],
    ['from: list:partners', { from: ['Z@Mail.Friends.Example'] }, true, 'the author matches "list:partners"'],
    ['from: list:partners', { from: ['z@badfriends.example'] }, false, 'does not match'],
    ['from: list:partners', { from: ['z@mail.partner.example'] }, false, 'does not match'],
    ['from: group:staff@example.com', groups('ALICE@example.com'), true, 'matches "group:staff@example.com"'],
    ['from: group:staff@example.com', groups('bob@example.com'), false, 'does not match'],
    ['from: group:staff@example.com', {}, false, 'the group "staff@example.com" is not known'],
    ['from: [group:staff@example.com, list:own]', {}, true, 'matches "list:own"'],
    ["fromMatches: '^al'", {}, true, 'the author matches the pattern "^al"'],
    ["fromMatches: '^bo'", {}, false, 'the author does not match "^bo"'],
    ["fromMatches: '.'", { from: [] }, false, 'the message names no author'],
    ['toOrCc: partner.example', {}, true, 'To or Cc matches "partner.example"'],
    ['toOrCc: other.example', {}, false, 'To or Cc does not match "other.example"'],
    [
      'sentTo: group:staff@example.com',
      groups('bob@example.com'),
      true,
      'a recipient matches "group:staff@example.com": [1]',
    ],
    ['sentTo: group:staff@example.com', {}, false, 'the group "staff@example.com" is not known'],
    ["sentToMatches: '^zo'", {}, true, 'a recipient matches "^zo": [2]'],
    ['firstContact: true', first(false, true, undefined), true, 'for the first time: [1]'],
    ['firstContact: false', first(false, true, undefined), true, 'before: [0]'],
    ['firstContact: true', first(undefined, undefined, undefined), false, 'it is not known'],
    ['firstContact: false', first(), false, 'it is not known'],
    ['recipientCountOver: 2', {}, true, 'it goes to 3 recipients'],
    ['recipientCountOver: 3', {}, false, 'it goes to 3 recipients'],
    ['subjectMatches: "invoice no\\\\. [0-9]$"', {}, true, 'the subject matches the pattern'],
    ['subjectMatches: "^invoice"', {}, false, 'the subject does not match "^invoice"'],
    ['subjectMatches: "^second"', { subject: 'first\nsecond' }, true, 'matches'],
    ['subjectMatches: "invoice"', { subject: 'ＩＮ\u200bＶＯＩＣＥ' }, true, 'matches'],
    [
      'bodyContains: gift card',
      { bodyText: body('Buy a GIFT CARD now') },
      true,
      'the body contains "gift card"',
    ],
    ['bodyContains: gift card', { bodyText: body('gi\u00adft\u200b card') }, true, 'contains'],
    ['bodyContains: gift card', { bodyText: body('', false) }, false, 'a part of it could not be read'],
    ["bodyMatches: '\\b\\d{3}-\\d{2}\\b'", { bodyText: body('it is 123-45.') }, true, 'the body matches'],
    ["bodyMatches: '\\b\\d{3}-\\d{2}\\b'", { bodyText: body('it is 1234-45.') }, false, 'does not match'],
    ['subjectOrBodyContains: x-ray', { bodyText: body('X-Ray') }, true, 'subject or body contains'],
    ['subjectOrBodyContains: invoice', {}, true, 'subject or body contains "invoice"'],
    ["subjectOrBodyMatches: 'no\\. 7'", {}, true, 'subject or body matches'],
    [
      'attachmentContains: secret',
      { attachmentText: body('top SECRET') },
      true,
      'the attached text contains',
    ],
    [
      "attachmentMatches: 's.cret'",
      { attachmentText: body('no') },
      false,
      'the attached text does not match',
    ],
    ['headerMatches: { name: LIST-ID, patterns: "<a" }', {}, true, 'the LIST-ID header matches'],
    ['headerMatches: { name: X-A, patterns: "." }', {}, false, 'there is no X-A header'],
    ['headerExists: [X-A, List-Id]', {}, true, 'there is a List-Id header'],
    ['headerExists: X-A', {}, false, 'there is no X-A header'],
    ['sizeOver: 1.5 KB', {}, true, 'the message has 2 KB, the limit is 1.5 KB'],
    ['sizeOver: 2000 B', {}, false, 'the message has 2 KB'],
    ['importance: [low, high]', { importance: 'high' }, true, 'the importance is high'],
    ['importance: high', {}, false, 'the importance is normal'],
    [
      'messageType: [report, calendar]',
      { messageKinds: () => new Set(['calendar']) },
      true,
      'of the kind calendar',
    ],
    ['messageType: signed', {}, false, 'not of the kind signed'],
    ['charset: KOI8', { charsets: () => ['koi8-r'] }, true, 'a charset contains "KOI8"'],
    ['charset: koi8', {}, false, 'no charset contains "koi8"'],
    ['hasDefect: too-deep', { defects: new Set(['too-deep']) }, true, 'the defect too-deep'],
    ['hasDefect: too-deep', {}, false, 'does not have "too-deep"'],
    ['isReply: true', {}, false, 'the message is no reply'],
    ['isReply: false', {}, true, 'the message is no reply'],
    ['hasAttachment: true', { attachments: () => [attachment({ inline: true })] }, false, 'no attachment'],
    ['hasAttachment: false', { attachments: () => [attachment({ inline: true })] }, true, 'no attachment'],
    ['hasAttachment: true', { attachments: named('a') }, true, 'has an attachment'],
    ['attachmentCountOver: 1', { attachments: () => [attachment(), attachment()] }, true, '2 attachments'],
    ['attachmentCountOver: 1', { attachments: named('a') }, false, '1 attachment'],
    ['attachmentName: "*.PDF"', { attachments: named('Report.pdf') }, true, 'an attachment satisfies it'],
    ['attachmentName: "r?port*"', { attachments: named('x', 'report.pdf') }, true, 'satisfies'],
    ['attachmentName: "report"', { attachments: named('report.pdf') }, false, 'no attachment satisfies it'],
    ['attachmentName: "*"', {}, false, 'there is no attachment'],
    ['attachmentNameMatches: "rep.*f$"', { attachments: named('REP\u200bORT.pdf') }, true, 'satisfies'],
    ['attachmentExtension: exe', { attachments: named('a.exe. ') }, true, 'satisfies'],
    ['attachmentExtension: exe', { attachments: named('a.exe\0.txt') }, true, 'satisfies'],
    ['attachmentExtension: exe', { attachments: named('a.e\u200bxe') }, true, 'satisfies'],
    ['attachmentExtension: exe', { attachments: named('exe', 'a.exe.txt') }, false, 'no attachment'],
    ['attachmentName: "*.exe"', { attachments: named('a.exe. .') }, true, 'satisfies'],
    ['attachmentName: "*.exe"', { attachments: named('a.exe:x') }, true, 'satisfies'],
    ["attachmentNameMatches: '[.]exe$'", { attachments: named('a.exe ') }, true, 'satisfies'],
    ['attachmentExtension: exe', { attachments: named('safe.txt', 'a.EXE') }, true, 'satisfies'],
    [
      'attachmentType: image/*',
      { attachments: () => [attachment({ mediaType: 'image/png' })] },
      true,
      'satisfies',
    ],
    [
      'attachmentType: application/vnd.microsoft.portable-executable',
      { attachments: () => [attachment({}, { type: exe })] },
      true,
      'satisfies',
    ],
    ['attachmentType: image/*', { attachments: named('a.png') }, false, 'no attachment'],
    ['attachmentSizeOver: 99 B', { attachments: named('a') }, true, 'satisfies'],
    ['attachmentSizeOver: 100 B', { attachments: named('a') }, false, 'no attachment'],
    [
      'attachmentIsPasswordProtected: true',
      { attachments: () => [attachment({}, { passwordProtected: true })] },
      true,
      'needs a password',
    ],
    [
      'attachmentIsPasswordProtected: false',
      { attachments: named('a') },
      true,
      'no attachment needs a password',
    ],
    [
      'attachmentIsUnreadable: true',
      { attachments: () => [attachment({}, { unreadable: 'damaged' })] },
      true,
      'cannot be looked into',
    ],
    ['archiveContains: "*.exe"', { attachments: zip('docs/a.txt', 'docs/Run.EXE') }, true, 'satisfies'],
    ['archiveContains: run.exe', { attachments: zip('docs\\Run.EXE. ') }, true, 'satisfies'],
    ['archiveContains: docs/run.exe', { attachments: zip('docs/Run.EXE') }, true, 'satisfies'],
    ['archiveContains: "*.exe"', { attachments: zip('exe/a.txt') }, false, 'no attachment'],
    [
      'attachmentName: inner.doc',
      { attachments: () => [attachment({ kind: 'message', nested: named('inner.doc') })] },
      true,
      'satisfies',
    ],
    ['spf: [fail, softfail]', evidence({}), true, 'spf is softfail'],
    ['spf: absent', evidence({ spf: undefined }), true, 'spf is absent'],
    ['dkim: pass', evidence({}), true, 'dkim is fail, pass'],
    ['dkim: pass', { ...evidence({}), evidenceTrusted: false }, false, 'a pass is not believed'],
    ['dmarc: pass', { ...evidence({}), evidenceTrusted: false }, false, 'a pass is not believed'],
    ['spf: softfail', { ...evidence({}), evidenceTrusted: false }, true, 'spf is softfail'],
    ['dkim: absent', evidence({ dkim: [] }), true, 'dkim is absent'],
    [
      'dmarcReason: [fail-none, fail-reject]',
      { dmarcReason: 'fail-reject' },
      true,
      'DMARC decided by fail-reject',
    ],
    ['dmarcReason: fail-none', { dmarcReason: 'fail-reject' }, false, 'DMARC decided by fail-reject'],
    ['dmarcReason: pass', { dmarcReason: 'pass', evidenceTrusted: false }, true, 'DMARC decided by pass'],
    ['dmarcReason: pass', { dmarcReason: 'pass-unproved' }, false, 'DMARC decided by pass-unproved'],
    ['dmarc: pass', { ...evidence({}), evidenceTrusted: false, dmarcProved: true }, true, 'dmarc is pass'],
    ['dmarc: fail', { ...evidence({}), dmarcProved: true }, false, 'dmarc is pass'],
    ['dkim: pass', { ...evidence({}), evidenceTrusted: false, dmarcProved: true }, false, 'not believed'],
    ['dmarcReason: pass', { dmarcReason: 'pass' }, true, 'DMARC decided by pass'],
    ['dmarcReason: pass', {}, false, 'it is not known what DMARC decided'],
    [
      'dmarc: [absent, ambiguous]',
      { evidence: { state: 'ambiguous', why: 'x' } },
      true,
      'dmarc is ambiguous',
    ],
    [
      'spamVerdict: [fail, gray]',
      { sesVerdicts: { spam: 'gray', virus: 'pass' } },
      true,
      'the spam verdict is gray',
    ],
    [
      'virusVerdict: pass',
      { sesVerdicts: { spam: 'gray', virus: 'pass' }, evidenceTrusted: false },
      false,
      'not believed',
    ],
    ['timeBetween: { from: "18:00", to: "06:00", timezone: Europe/Berlin }', monday, true, 'it is between'],
    [
      'timeBetween: { from: "18:00", to: "06:00", timezone: Europe/Berlin, days: MON }',
      { now: monday.now + 3_600_000 },
      true,
      'on MON',
    ],
    [
      'timeBetween: { from: "18:00", to: "06:00", timezone: Europe/Berlin, days: TUE }',
      { now: monday.now + 3_600_000 },
      false,
      'it is not',
    ],
    ['timeBetween: { from: "18:00", to: "23:30", timezone: Europe/Berlin }', monday, false, 'it is not'],
    ['timeBetween: { from: "23:30", to: "24:00", timezone: Europe/Berlin }', monday, true, 'it is'],
    ['timeBetween: { from: "00:00", to: "24:00", days: [MON, TUE] }', monday, true, 'it is'],
  ])('%s', async (yaml, change, held, why) => {
    const found = await match(yaml, change);
    expect(found.matched).toBe(held);
    expect(found.conditions.map((one) => one.why).join('\n')).toContain(why);
  });
});

describe('the registry', () => {
  it('is what the generator of rules draws from', () => {
    expect(Object.keys(CONDITION_VALUES).toSorted()).toEqual(
      [...Object.keys(CONDITIONS), 'recipientMatch'].toSorted(),
    );
  });

  it('describes every condition in whole sentences', () => {
    for (const [key, { description }] of Object.entries(CONDITIONS))
      expect([key, description]).toEqual([key, expect.stringMatching(/^["A-Zt].*\.$/s)]);
  });

  it('leads nobody to two keys by one foreign name', () => {
    const names = Object.values(CONDITIONS).flatMap((entry) => entry.alsoKnownAs ?? []);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    const keys = Object.keys(CONDITIONS).map((key) => key.toLowerCase());
    expect(names.filter((name) => keys.includes(name.toLowerCase()))).toEqual([]);
  });
});

describe('what costs much', () => {
  const costly = {
    bodyText: () => {
      throw new Error('asked');
    },
  };

  it('is not asked once the clause has failed', async () => {
    const found = await match('direction: inbound, bodyContains: a', costly);
    expect(found.conditions.map(({ key, skipped }) => [key, skipped])).toEqual([
      ['direction', undefined],
      ['bodyContains', true],
    ]);
  });

  it('is not asked when no recipient is meant', async () => {
    expect((await match('sentTo: nobody.example, bodyContains: a', costly)).matched).toBe(false);
  });
});
