/**
 * Every signing case of the ARC test suite: our fields carry the suite's own signatures, octet for octet, and the sealed
 * message validates here and with mailauth.
 */
import { createPrivateKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { validateArc } from '../../../shared/auth/arc/index.ts';
import { sealArc } from '../../../shared/auth/arc/seal.ts';
import { headerField, type Message, parseMessage, rawHeaderText } from '../../../shared/mime/index.ts';
import { peerStatus } from './peer.ts';
import { readSigningSuite, recordLookup, type SigningCase } from './suite.ts';

const path = join(process.env['MAILROOM_CORPORA'] ?? '', 'auth/arc_test_suite/arc-draft-sign-tests.json');
const { signal } = new AbortController();
const withoutBlanks = (text: string): string => text.replace(/\s+/g, '');

/** The suite wants fields of the same authserv-id put together (its readme, "AR Consolidation"). */
function resultsOf(message: Message, authservId: string): string {
  const { bytes, root } = message;
  const own = root.header.fields
    .filter(({ lowerName }) => lowerName === 'authentication-results')
    .map(({ value }) => Buffer.from(bytes.subarray(value.start, value.end)).toString().trim())
    .filter((value) => value.startsWith(`${authservId};`))
    .map((value) => value.slice(authservId.length + 1).trim());
  return `${authservId}; ${own.join(';\r\n ')}`;
}

/** The status that the suite stamped into the newest Authentication-Results. */
function seal({ message: text, authservId, ...key }: SigningCase) {
  const message = parseMessage(Buffer.from(text));
  const results = resultsOf(message, authservId);
  const stamped = /arc=(none|pass|fail)/.exec(results)?.[1];
  return sealArc(message, {
    domain: key.domain,
    selector: key.selector,
    privateKey: createPrivateKey(key.privateKey),
    results,
    received: stamped === 'none' || stamped === 'pass' ? stamped : 'fail',
    signedNames: key.signedNames,
    signedAt: key.signedAt,
  });
}

describe.skipIf(!existsSync(path))('ARC test suite, signing (set MAILROOM_CORPORA to run)', () => {
  const cases = existsSync(path) ? readSigningSuite(path) : [];

  it('has 17 cases', () => {
    expect(cases.length).toBe(17);
  });

  it.for(cases)('$name', async (testCase) => {
    const sealed = seal(testCase);
    if (testCase.expected.seal === '') {
      expect(sealed).toEqual({ ok: false, why: 'sealed-as-failed' });
      return;
    }
    if (!sealed.ok) throw new Error(sealed.why);
    const whole = parseMessage(Buffer.concat([...sealed.fields, Buffer.from(testCase.message)]));
    const written = (name: string): string => {
      const field = headerField(whole.root.header, name);
      return field === undefined ? '' : withoutBlanks(rawHeaderText(whole, field));
    };
    expect(written('ARC-Seal')).toBe(withoutBlanks(testCase.expected.seal));
    expect(written('ARC-Message-Signature')).toBe(withoutBlanks(testCase.expected.signature));
    expect(written('ARC-Authentication-Results')).toBe(withoutBlanks(testCase.expected.results));
    const evidence = await validateArc(whole, { lookupTxt: recordLookup(testCase.records), signal });
    const expected = /cv=fail/.test(testCase.expected.seal) ? 'fail' : 'pass';
    expect(evidence.result, evidence.reason).toBe(expected);
    expect(await peerStatus(whole.bytes, recordLookup(testCase.records))).toBe(expected);
  });
});
