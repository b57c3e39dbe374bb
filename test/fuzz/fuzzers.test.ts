/** Every fuzzer of octets, for as long as a test may take; what once failed comes first. */
import { describe, expect, it } from 'vitest';
import { tryAsync } from '../support/async-fuzzing.ts';
import { crashesOf, tryAll } from '../support/fuzzing.ts';
import { fuzzer as arc } from './arc.ts';
import { fuzzer as authenticationResults } from './authentication-results.ts';
import { fuzzer as changes } from './changes.ts';
import { tryDecisions } from './decide.ts';
import { fuzzer as dkim } from './dkim.ts';
import { fuzzer as files } from './files.ts';
import { fuzzer as gateway } from './gateway.ts';
import { fuzzer as html } from './html.ts';
import { fuzzer as lookAlike } from './look-alike.ts';
import { fuzzer as mime } from './mime.ts';
import { fuzzer as read } from './read.ts';
import { fuzzer as reports } from './reports.ts';
import { checkMail, genuine, fuzzer as signedMail } from './signed-mail.ts';
import { fuzzer as spf } from './spf.ts';

describe.each([mime, changes, html, files, read, dkim, reports, authenticationResults, lookAlike])(
  'fuzzer "$name"',
  (fuzzer) => {
    it('finds nothing, neither in what failed before nor in new inputs', () => {
      tryAll(fuzzer, 150);
    });
  },
);

it('keeps what failed', () => {
  expect(crashesOf(mime).length).toBeGreaterThan(0);
});

it('finds no policy and message whose decision does not hold', () => {
  tryDecisions(150);
});

it('finds no record and envelope that check_host cannot bear', async () => {
  await tryAsync(spf, { numRuns: 150 });
});

it('finds no chain that passes without its keys', async () => {
  await tryAsync(arc, { numRuns: 150 });
});

it('finds no signed or sealed mail that is believed after it was changed for a reader', async () => {
  // As it was sent it is believed.
  expect(await Promise.all(genuine.map(checkMail))).toEqual(genuine.map(() => true));
  await tryAsync(signedMail, { numRuns: 400 });
});

it('finds nothing that a sender can write past a relay', async () => {
  await tryAsync(gateway, { numRuns: 150 });
});
