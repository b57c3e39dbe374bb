/** Every fuzzer of octets, for as long as a test may take; what once failed comes first. */
import { describe, expect, it } from 'vitest';
import { crashesOf, tryAll } from '../support/fuzzing.ts';
import { fuzzer as changes } from './changes.ts';
import { tryDecisions } from './decide.ts';
import { fuzzer as files } from './files.ts';
import { fuzzer as html } from './html.ts';
import { fuzzer as mime } from './mime.ts';
import { fuzzer as read } from './read.ts';

describe.each([mime, changes, html, files, read])('fuzzer "$name"', (fuzzer) => {
  it('finds nothing, neither in what failed before nor in new inputs', () => {
    tryAll(fuzzer, 150);
  });
});

it('keeps what failed', () => {
  expect(crashesOf(mime).length).toBeGreaterThan(0);
});

it('finds no policy and message whose decision does not hold', () => {
  tryDecisions(150);
});
