/** The ARC test suite (ValiMail/arc_test_suite, in the corpora as JSON), read. */
import { readFileSync } from 'node:fs';
import type { LookupTxt } from '../../../shared/auth/types.ts';

type Records = Readonly<Record<string, string>>;

export interface ValidationCase {
  readonly name: string;
  readonly message: string;
  readonly cv: string;
  readonly records: Records;
}

export interface SigningCase {
  readonly name: string;
  readonly message: string;
  readonly signedNames: readonly string[];
  readonly authservId: string;
  readonly signedAt: number;
  readonly domain: string;
  readonly selector: string;
  readonly privateKey: string;
  readonly records: Records;
  readonly expected: { readonly seal: string; readonly signature: string; readonly results: string };
}

interface Scenario<T> {
  readonly tests: Readonly<Record<string, T>>;
  readonly domain: string;
  readonly sel: string;
  readonly privatekey: string;
  readonly 'txt-records'?: Records;
}

interface SigningTest {
  readonly message: string;
  readonly t: number;
  readonly 'sig-headers': string;
  readonly 'srv-id': string;
  readonly AS: string;
  readonly AMS: string;
  readonly AAR: string;
}

export function readValidationSuite(path: string): readonly ValidationCase[] {
  const scenarios = JSON.parse(readFileSync(path, 'utf8')) as Scenario<{ message: string; cv: string }>[];
  return scenarios.flatMap(({ tests, 'txt-records': records = {} }) =>
    Object.entries(tests).map(([name, { message, cv }]) => ({
      name,
      message,
      cv: cv.toLowerCase(),
      records,
    })),
  );
}

export function readSigningSuite(path: string): readonly SigningCase[] {
  const scenarios = JSON.parse(readFileSync(path, 'utf8')) as Scenario<SigningTest>[];
  return scenarios.flatMap(({ tests, domain, sel, privatekey, 'txt-records': records = {} }) =>
    Object.entries(tests).map(([name, test]) => ({
      name,
      message: test.message,
      signedNames: test['sig-headers'].split(':'),
      authservId: test['srv-id'],
      signedAt: test.t,
      domain,
      selector: sel,
      privateKey: privatekey,
      records,
      expected: { seal: test.AS, signature: test.AMS, results: test.AAR },
    })),
  );
}

/** A look-up over a case's records. */
export function recordLookup(records: Records): LookupTxt {
  return async (name) => {
    // The suite's records have the line ends of the YAML that they come from.
    const record = records[name]?.replaceAll('\n', '');
    return record === undefined ? { kind: 'nxdomain' } : { kind: 'records', records: [record] };
  };
}
