/** The messages of the benchmark of `shared/auth`, signed: plain ones, and ones that are made to take long. */
import { signatureOf, signed, type TestKey } from '../test/shared/auth/dkim/support.ts';

export interface AuthMessage {
  readonly name: string;
  /** Made to take long: measured by its first calls, and held to the aim of 50 ms and 20 questions. */
  readonly hostile: boolean;
  readonly make: (key: TestKey) => string;
}

const HEADER = [
  'From: Ann <ann@sender.example>',
  'To: bob@example.com',
  'Subject: The figures',
  'Date: Wed, 07 Jul 2021 18:40:11 +0000',
];
const TEXT = 'Words of a text that somebody wrote, of the usual length.\r\n';
const BASE64 = `${'QUJD'.repeat(19)}\r\n`;
const MEGABYTE = 1_000_000;

const ofBytes = (line: string, bytes: number): string => line.repeat(Math.ceil(bytes / line.length));
const body = (line: string, bytes: number) => (key: TestKey) =>
  signed({ key, header: HEADER, body: ofBytes(line, bytes) });

export const AUTH_MESSAGES: readonly AuthMessage[] = [
  { name: '50 KB', hostile: false, make: body(TEXT, 50_000) },
  { name: '25 MB attached', hostile: false, make: body(BASE64, 25 * MEGABYTE) },
  { name: '25 MB of text', hostile: false, make: body(TEXT, 25 * MEGABYTE) },
  {
    name: '500 signatures',
    hostile: true,
    make: (key) => {
      const one = (index: number): string =>
        signatureOf({ key, header: HEADER, body: TEXT, tags: { d: `d${index}.example` } });
      const all = Array.from({ length: 500 }, (_, index) => `${one(index)}\r\n`).join('');
      return `${all}${HEADER.join('\r\n')}\r\n\r\n${TEXT}`;
    },
  },
  {
    name: '10 MB header',
    hostile: true,
    make: (key) => `X-Long: ${ofBytes('words and blanks \t', 10 * MEGABYTE)}\r\n${body(TEXT, 1_000)(key)}`,
  },
  {
    name: '200 k addresses',
    hostile: true,
    make: (key) => {
      const [, ...rest] = HEADER;
      const addresses = Array.from({ length: 200_000 }, (_, index) => `a${index}@d${index}.example`);
      return signed({ key, header: [`From: ${addresses.join(',\r\n ')}`, ...rest], body: TEXT });
    },
  },
  {
    name: '8 × 240 KB header',
    hostile: true,
    make: (key) => {
      const long = Array.from({ length: 200 }, (_, index) => `X-${index}: ${'y '.repeat(580)}`);
      const h = `from:${long.map((_, index) => `x-${index}`).join(':')}`;
      const one = (index: number): string =>
        signatureOf({ key, header: [...HEADER, ...long], body: TEXT, tags: { h, d: `d${index}.example` } });
      const all = Array.from({ length: 8 }, (_, index) => `${one(index)}\r\n`).join('');
      return `${all}${[...HEADER, ...long].join('\r\n')}\r\n\r\n${TEXT}`;
    },
  },
];
