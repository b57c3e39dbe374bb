/** Rules as JSON values: every condition and every action, for property tests and fuzzing. */
import fc from 'fast-check';
import { type Json, oneOrMore, pattern, record } from './generate-json.ts';

const words = oneOrMore(fc.constantFrom('invoice', '[x]', 'ä'));
const items = oneOrMore(
  fc.oneof(
    pattern,
    fc.constantFrom('list:own', 'list:partners', 'group:staff@example.com', 'group:Sales Team'),
  ),
);
const expressions = oneOrMore(fc.constantFrom('invoice \\d+', '^a.*b$', '\\bx\\b', '(?i)[a-z]{3}'));
const results = oneOrMore(fc.constantFrom('pass', 'fail', 'absent', 'ambiguous'));
const verdicts = oneOrMore(fc.constantFrom('pass', 'fail', 'gray'));
const size = fc.constantFrom('10 MB', '1.5 KB', '7B');
const globs = oneOrMore(fc.constantFrom('*.exe', 'invoice?.pdf', '*'));
const extensions = oneOrMore(fc.constantFrom('exe', 'DOCM'));
const mediaTypes = oneOrMore(fc.constantFrom('image/*', 'application/pdf'));

/** Every condition, by its key. A test holds this against the schema. */
export const CONDITION_VALUES: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  direction: fc.constantFrom('inbound', 'outbound'),
  senderScope: fc.constantFrom('inside', 'outside'),
  from: items,
  fromMatches: expressions,
  toOrCc: items,
  recipientScope: fc.constantFrom('inside', 'outside'),
  sentTo: items,
  sentToMatches: expressions,
  firstContact: fc.boolean(),
  recipientCountOver: fc.nat(100),
  recipientMatch: fc.constantFrom('any', 'all'),
  subjectContains: words,
  subjectMatches: expressions,
  bodyContains: words,
  bodyMatches: expressions,
  subjectOrBodyContains: words,
  subjectOrBodyMatches: expressions,
  attachmentContains: words,
  attachmentMatches: expressions,
  headerContains: record({ name: fc.constantFrom('List-Id', 'X-A'), words }),
  headerMatches: record({ name: fc.constant('X-A'), patterns: expressions }),
  headerExists: oneOrMore(fc.constantFrom('List-Id', 'X-A')),
  sizeOver: size,
  importance: oneOrMore(fc.constantFrom('low', 'high')),
  messageType: oneOrMore(fc.constantFrom('signed', 'calendar')),
  charset: words,
  hasDefect: oneOrMore(fc.constantFrom('junk-in-header', 'too-deep')),
  isReply: fc.boolean(),
  hasAttachment: fc.boolean(),
  attachmentCountOver: fc.nat(10),
  attachmentName: globs,
  attachmentNameMatches: expressions,
  attachmentExtension: extensions,
  attachmentType: mediaTypes,
  attachmentSizeOver: size,
  attachmentIsExecutable: fc.boolean(),
  attachmentIsPasswordProtected: fc.boolean(),
  archiveContains: globs,
  attachmentIsUnreadable: fc.boolean(),
  spf: results,
  dkim: results,
  dmarc: results,
  dmarcReason: oneOrMore(fc.constantFrom('pass', 'fail-reject', 'unknown-no-evidence')),
  spamVerdict: verdicts,
  virusVerdict: verdicts,
  timeBetween: record(
    { from: fc.constantFrom('18:00', '00:00'), to: fc.constantFrom('06:00', '24:00') },
    { timezone: fc.constantFrom('UTC', 'Europe/Berlin'), days: oneOrMore(fc.constantFrom('MON', 'SUN')) },
  ),
};

/** A few conditions at a time: all at once would be one policy again and again. */
function some(least: number): fc.Arbitrary<{ [key: string]: Json }> {
  return fc
    .uniqueArray(fc.constantFrom(...Object.keys(CONDITION_VALUES)), { minLength: least, maxLength: 5 })
    .chain((keys) =>
      record(Object.fromEntries(keys.map((key) => [key, CONDITION_VALUES[key] ?? fc.constant(null)]))),
    );
}

const text = fc.constantFrom('a', 'two\nlines\n', 'from %%From%%: %%Subject%%', '%%Attachments%%');
const html = fc.constantFrom('<p>a</p>', '<b>%%From%%</b>');
const disclaimer = record(
  { text },
  {
    html,
    ascii: fc.constant('a'),
    removeOld: fc.boolean(),
    reply: fc.oneof(fc.constant('none'), record({ text }, { html })),
  },
);
const footer = fc
  .tuple(disclaimer, fc.constantFrom('end', 'aboveReply'))
  .map(([value, position]) => ({ ...value, position }));
const where = fc
  .record(
    {
      name: globs,
      nameMatches: expressions,
      extension: extensions,
      type: mediaTypes,
      sizeOver: size,
      executable: fc.boolean(),
      passwordProtected: fc.boolean(),
      archiveContains: globs,
      unreadable: fc.boolean(),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .filter((one) => Object.keys(one).length > 0);
const header = record({
  name: fc.constantFrom('X-A', 'Subject'),
  value: fc.constantFrom('a', '%%Subject%%'),
});
const links = fc.oneof(
  fc.constant(true),
  record({ exempt: oneOrMore(fc.constantFrom('example.com', '*.a.example')) }),
);
const prefix = fc.constant('https://check.example.com/?u=');
const yes = fc.constant(true);

/** Every action that any rule may have, by its key. A test holds this against the schema. */
export const ACTION_VALUES: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  prependDisclaimer: disclaimer,
  appendDisclaimer: footer,
  prependSubject: fc.constantFrom('[EXT]', 'ü'),
  setHeader: header,
  addHeader: header,
  removeHeader: fc.constant('X-A'),
  wrapMessage: record({ text }, { html, subject: fc.constant('held: %%Subject%%') }),
  removeAttachments: record({ where }, { note: text }),
  replaceAttachments: fc.oneof(
    record({ where, note: text }),
    record({ where, note: fc.constant('at %%Link%%'), link: fc.constant('https://files.example.com/') }),
  ),
  renameAttachments: record({ where, to: fc.constant('%%Name%%.disarmed') }),
  defangLinks: links,
  markLinks: links,
  prefixLinks: record({ prefix }, { exempt: fc.constant('example.com') }),
  restoreLinks: record({ prefix }),
  removeActiveContent: yes,
  removeTracking: fc.constantFrom('tracking', 'remote'),
  convertToText: yes,
  removeAmp: yes,
  rejectMessage: record({ text: fc.constant('no') }, { status: fc.constant('5.7.1') }),
  deleteMessage: yes,
  moveToJunk: yes,
  bypassSpamCheck: yes,
  quarantine: record({}, { notify: fc.constantFrom<Json>('recipient', 'none', 'admin@example.com') }),
  redirectTo: oneOrMore(fc.constantFrom('boss@example.com', 'log@example.com')),
  addRecipients: oneOrMore(fc.constantFrom('boss@example.com', 'log@example.com')),
  removeRecipients: items,
  useFallback: yes,
  saveCopy: record({ folder: fc.constantFrom('a', 'a/b') }),
  notify: record(
    { to: fc.constant('admin@example.com'), subject: fc.constant('%%Rule%%'), text },
    { includeHeader: fc.boolean() },
  ),
};

const action = fc
  .constantFrom(...Object.keys(ACTION_VALUES))
  .chain((key) => record({ [key]: ACTION_VALUES[key] ?? fc.constant(null) }));
const onTrouble = fc.constantFrom('retry', 'deliverUnchanged');
const instead = fc.constantFrom('deliverUnchanged', 'wrap', 'reject', 'junk');
const rule = record(
  { when: some(0), do: fc.array(action, { minLength: 1, maxLength: 3 }) },
  {
    unless: oneOrMore(some(1).filter((one) => Object.keys(one).some((key) => key !== 'recipientMatch'))),
    priority: fc.integer({ min: -5, max: 5 }),
    mode: fc.constantFrom('enforce', 'test'),
    activateOn: fc.constantFrom('2026-01-01', '2026-01-01T12:00:00+01:00'),
    expireOn: fc.constantFrom('2027-01-01', '2027-01-01T12:00Z'),
    stopProcessing: fc.boolean(),
    reason: fc.constant('a reason'),
    ifUntouchable: instead,
    ifRejected: instead,
    repair: fc.boolean(),
    onTimeout: onTrouble,
    onTemporaryError: onTrouble,
  },
);

const INBOUND = /"moveToJunk"|"bypassSpamCheck"/;
/** The addresses may be outside: whose domains are the organization's own is drawn elsewhere. */
const OUTBOUND = /"redirectTo"|"addRecipients"/;

/** What a rule of a direction must not do, and what contradicts itself, is left to the fixtures of wrong policies. */
function possible(one: { [key: string]: Json }): { [key: string]: Json } {
  const { when, unless, do: drawn, ...rest } = one;
  const actions = Array.isArray(drawn) ? drawn : [];
  const inbound = INBOUND.test(JSON.stringify(actions));
  const kept = actions.filter((action) => !inbound || !OUTBOUND.test(JSON.stringify(action)));
  const outbound = OUTBOUND.test(JSON.stringify(kept));
  const asked = typeof when === 'object' && when !== null && !Array.isArray(when) ? when : {};
  const direction = inbound ? { direction: 'inbound' } : outbound ? { direction: 'outbound' } : {};
  const whole = { ...asked, ...direction };
  const without = unless === undefined || covers(whole, unless) ? {} : { unless };
  return { ...rest, when: whole, ...without, do: kept };
}

/** Whether `when` asks for something that `unless` asks for too: such a rule may never act. */
function covers(when: { [key: string]: Json }, unless: Json): boolean {
  if (Array.isArray(unless)) return unless.some((one) => covers(when, one));
  return typeof unless === 'object' && unless !== null && Object.keys(unless).some((key) => key in when);
}

/** Rules that have nothing wrong. */
export const rules = fc
  .array(rule, { minLength: 1, maxLength: 3 })
  .map((all) => all.map((one, index): Json => ({ name: `rule ${index}`, ...possible(one) })));
