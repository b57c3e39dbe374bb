import { expect, it } from 'vitest';
import { readQuestion } from '../../../local/availability/question.ts';

const MAILBOXES = ['alice@example.com', 'bob@example.com'];
const MEMBERS = {
  mailboxes: MAILBOXES,
  isGroup: (address: string) => address === 'staff@example.com',
  expand: (address: string) => {
    if (address === 'staff@example.com') return MAILBOXES;
    return address === 'robert@example.com'
      ? ['bob@example.com']
      : MAILBOXES.filter((one) => one === address);
  },
};
const NOW = Date.UTC(2026, 2, 16, 14, 30);
const DAY_MS = 86_400_000;

function read(query: string) {
  return readQuestion(new URLSearchParams(query), MEMBERS, { nowMs: NOW, origin: '127.0.0.1' });
}

it('asks about the week from today as the first user, unless told otherwise', () => {
  expect(read('mailbox=Dave@Partner.example&mailbox=dave@partner.example')).toEqual({
    ok: true,
    question: {
      requester: {
        email: 'alice@example.com',
        userName: 'alice',
        userId: 'S-1-5-21-1-2-3-1001',
        origin: '127.0.0.1',
      },
      mailboxes: ['dave@partner.example'],
      startMs: Date.UTC(2026, 2, 16),
      endMs: Date.UTC(2026, 2, 16) + 7 * DAY_MS,
    },
  });
});

it('knows a requester by alias, and times with an offset', () => {
  const told = 'from=2026-03-16T09:00:00%2B01:00&to=2026-03-16T18:00:00%2B01:00&requester=ROBERT@example.com';
  expect(read(`mailbox=d@partner.example&${told}`)).toMatchObject({
    question: {
      requester: { email: 'bob@example.com', userId: 'S-1-5-21-1-2-3-1002' },
      startMs: Date.UTC(2026, 2, 16, 8),
      endMs: Date.UTC(2026, 2, 16, 17),
    },
  });
});

const ONE = 'mailbox=d@partner.example';
it.each([
  ['', 'no mailbox is given'],
  ['mailbox=', 'a mailbox is no address: '],
  ['mailbox=dave', 'a mailbox is no address: not an address'],
  ['mailbox=%22a%20b%22@partner.example', 'a mailbox is no address: '],
  [`${ONE}&from=tomorrow`, '"from" is no RFC 3339 time'],
  [`${ONE}&to=2026-02-30T00:00:00Z`, '"to" is no RFC 3339 time'],
  [`${ONE}&from=2026-03-16T00:00:00Z&to=2026-03-16T00:00:00Z`, '"to" is not after "from"'],
  [`${ONE}&from=2026-01-01T00:00:00Z&to=2026-03-05T00:00:00Z`, 'the window is longer than 62 days'],
  [`${ONE}&requester=nobody@example.com`, 'the requester is no user of the organization'],
  [`${ONE}&requester=staff@example.com`, 'the requester is no user of the organization'],
  [
    Array.from({ length: 101 }, (_, index) => `mailbox=u${index}@a.example`).join('&'),
    'more than 100 mailboxes',
  ],
])('%s is refused', (query, problem) => {
  expect(read(query)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
});

it('a window of 62 days and 100 mailboxes are taken', () => {
  const mailboxes = Array.from({ length: 100 }, (_, index) => `mailbox=u${index}@a.example`).join('&');
  expect(read(`${mailboxes}&from=2026-01-01T00:00:00Z&to=2026-03-04T00:00:00Z`)).toMatchObject({ ok: true });
});
