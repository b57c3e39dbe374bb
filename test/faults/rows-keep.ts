/** Rows: what rules keep, send and ask for cannot be had. On the sample's policy with further rules. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/folders.ts';
import { ANSWERED, type FaultRow, fine, NOTHING, TEMPORARY } from './row.ts';
import type { WorldOptions } from './world.ts';

/** They act on the rows that name them, by their subjects. */
const RULES = `
  - name: hold
    when: { subjectContains: quarantine }
    do: [{ quarantine: { notify: none } }]
  - name: tell
    when: { subjectContains: SES }
    do: [{ notify: { to: [alice@example.com], subject: "A rule acted", text: "It did." } }]
  - name: staff
    when: { sentTo: ["group:staff@example.com"] }
    do: [{ addHeader: { name: X-For, value: staff } }]
  - name: new
    when: { direction: inbound, firstContact: true }
    do: [{ addHeader: { name: X-First, value: "yes" } }]
`;

function policyFile(): string {
  const sample = readFileSync(new URL('../../local/sample/policy.yaml', import.meta.url), 'utf8');
  const file = join(mkdtempSync(join(temporaryFolder('faults'), 'policy-')), 'policy.yaml');
  const withRules = sample.replace(/^rules:$/m, `rules:${RULES}`);
  writeFileSync(file, `${withRules}\nnotices: { from: mailroom@example.com }\n`);
  return file;
}

/** One stand-in for all of them. */
export const KEEPING: WorldOptions = { flags: ['--policy', policyFile()] };

const KEEP = 'on=mailroom-keep/*';
/** Of others the function remembers that they wrote, and asks no more. */
const UNHEARD_OF = { from: 'xavier@good.example' };
const CONTACTS = 'on=mailroom-keep/contacts/*';
const unknown = { ...fine, metrics: ANSWERED, log: { event: 'failure', word: 'lookup' } } as const;
const held = { ...fine, outcome: 'Junk', metrics: ANSWERED } as const;

/** The directory first: what it said is remembered. */
export const keeping: readonly FaultRow[] = [
  {
    name: 'A rule asks for a group, and the directory of WorkMail fails',
    workmail: NOTHING,
    mailroom:
      'DEFAULT. Nobody counts as a member; the other rules act. A group that was known less than a day ago is taken as it was. WorkMail calls again only where a rule that asks has `onTemporaryError: retry`.',
    faults: ['workmail:* 5xx'],
    world: KEEPING,
    expected: unknown,
  },
  {
    name: 'A rule asks for a group, and the function may not ask the directory',
    workmail: NOTHING,
    mailroom: 'DEFAULT. Nobody counts as a member; the other rules act.',
    faults: ['workmail:* denied'],
    world: KEEPING,
    expected: unknown,
  },
  {
    name: 'A rule asks for the first contact, and the bucket for that fails',
    workmail: NOTHING,
    mailroom:
      'DEFAULT. Nobody knows whether it is the first contact, so that rule does not act; the other rules do. WorkMail calls again only where a rule that asks has `onTemporaryError: retry`.',
    faults: [`s3:* 5xx ${CONTACTS}`],
    mail: UNHEARD_OF,
    world: KEEPING,
    expected: unknown,
  },
  {
    name: 'A rule asks for the first contact, and the function may not write there',
    workmail: NOTHING,
    mailroom:
      'DEFAULT. Nobody knows whether it is the first contact, so that rule does not act; the other rules do.',
    faults: [`s3:* denied ${CONTACTS}`],
    mail: UNHEARD_OF,
    world: KEEPING,
    expected: unknown,
  },
  {
    name: 'A rule puts the message into quarantine, and the bucket for that fails',
    workmail: NOTHING,
    mailroom: 'MOVE_TO_JUNK, with the change of the other rules: what cannot be held is not stopped.',
    faults: [`s3:* 5xx ${KEEP}`],
    mail: UNHEARD_OF,
    world: KEEPING,
    expected: { ...held, log: TEMPORARY },
  },
  {
    name: 'A rule puts the message into quarantine, and the function may not write there',
    workmail: NOTHING,
    mailroom: 'MOVE_TO_JUNK, with the change of the other rules: what cannot be held is not stopped.',
    faults: [`s3:* denied ${KEEP}`],
    mail: UNHEARD_OF,
    world: KEEPING,
    expected: { ...held, log: { event: 'failure', word: 'not-kept' } },
  },
  {
    name: 'A rule sends a notice, and SES fails',
    workmail: NOTHING,
    mailroom: 'DEFAULT, with the change. The notice is given up: a second try could send it twice.',
    faults: ['ses:* 5xx'],
    world: KEEPING,
    expected: { ...fine, metrics: ['NoticeFailures'], log: { event: 'notice', word: 'failed' } },
  },
  {
    name: 'A rule sends a notice, and SES hangs',
    workmail: NOTHING,
    mailroom: 'DEFAULT, with the change, after five seconds. The notice is given up.',
    faults: ['ses:* hang'],
    world: KEEPING,
    expected: { ...fine, metrics: ['NoticeFailures'], log: { event: 'notice', word: 'failed' } },
  },
];
