import { type Token, tokenBytes } from './master-file.ts';
import {
  type CaaTag,
  canonicalName,
  isAddress,
  MAX_STRING_BYTES,
  nameProblem,
  type RecordData,
} from './record.ts';

/** Reads the data of one record: the record's own part, or one sentence that says what is wrong with it. */
export type Read = RecordData | string;

type Reader = (tokens: readonly Token[], origin: string) => Read;

const MAX_U16 = 0xffff;
const MAX_U32 = 0xffffffff;
const CAA_TAGS: readonly CaaTag[] = ['issue', 'issuewild', 'iodef'];

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['A', (tokens) => readAddress('A', tokens)],
  ['AAAA', (tokens) => readAddress('AAAA', tokens)],
  ['CNAME', (tokens, origin) => readTarget('CNAME', tokens, origin)],
  ['NS', (tokens, origin) => readTarget('NS', tokens, origin)],
  ['PTR', (tokens, origin) => readTarget('PTR', tokens, origin)],
  ['MX', readMx],
  ['TXT', readTxt],
  ['SRV', readSrv],
  ['SOA', readSoa],
  ['CAA', readCaa],
]);

export const RECORD_TYPES: readonly string[] = [...READERS.keys()];

/** `undefined` for a type that is not served here. */
export function readData(type: string, tokens: readonly Token[], origin: string): Read | undefined {
  return READERS.get(type.toUpperCase())?.(tokens, origin);
}

/** A name as written -> absolute, lower case: `@` is the origin, a last dot makes it absolute (RFC 1035 §5.1). */
export function resolveName(
  written: string,
  origin: string,
): { readonly name: string } | { readonly problem: string } {
  const name =
    written === '@'
      ? origin
      : written.endsWith('.')
        ? canonicalName(written)
        : canonicalName(origin === '' ? written : `${written}.${origin}`);
  const problem = nameProblem(name);
  return problem === undefined ? { name } : { problem: `${problem}: ${JSON.stringify(written)}` };
}

function readAddress(type: 'A' | 'AAAA', tokens: readonly Token[]): Read {
  const [address, ...rest] = tokens;
  if (address === undefined || rest.length > 0) return `${type} takes one address`;
  if (!isAddress(type, address.text))
    return `not an ${type === 'A' ? 'IPv4' : 'IPv6'} address: ${address.text}`;
  return { type, data: address.text };
}

function readTarget(type: 'CNAME' | 'NS' | 'PTR', tokens: readonly Token[], origin: string): Read {
  const [target, ...rest] = tokens;
  if (target === undefined || rest.length > 0) return `${type} takes one name`;
  const resolved = resolveName(target.text, origin);
  return 'problem' in resolved ? resolved.problem : { type, data: resolved.name };
}

function readMx(tokens: readonly Token[], origin: string): Read {
  const [preference, exchange, ...rest] = tokens;
  if (preference === undefined || exchange === undefined || rest.length > 0)
    return 'MX takes a preference and a name';
  const number = readNumber(preference, MAX_U16);
  if (number === undefined) return `not a preference (0..${MAX_U16}): ${preference.text}`;
  const resolved = resolveName(exchange.text, origin);
  if ('problem' in resolved) return resolved.problem;
  return { type: 'MX', data: { preference: number, exchange: resolved.name } };
}

function readTxt(tokens: readonly Token[]): Read {
  if (tokens.length === 0) return 'TXT takes at least one string';
  const strings: Uint8Array[] = [];
  for (const token of tokens) {
    const bytes = tokenBytes(token);
    if (bytes === undefined) return 'an escape in a string is not \\000..\\255';
    if (bytes.length > MAX_STRING_BYTES)
      return `a string may have ${MAX_STRING_BYTES} bytes; write it as several quoted strings`;
    strings.push(bytes);
  }
  return { type: 'TXT', data: strings };
}

function readSrv(tokens: readonly Token[], origin: string): Read {
  const [first, second, third, name, ...rest] = tokens;
  if (first === undefined || second === undefined || third === undefined || name === undefined)
    return 'SRV takes priority, weight, port and a name';
  if (rest.length > 0) return 'SRV takes priority, weight, port and a name';
  const priority = readNumber(first, MAX_U16);
  const weight = readNumber(second, MAX_U16);
  const port = readNumber(third, MAX_U16);
  if (priority === undefined || weight === undefined || port === undefined)
    return `SRV numbers are 0..${MAX_U16}`;
  const target = resolveName(name.text, origin);
  if ('problem' in target) return target.problem;
  return { type: 'SRV', data: { priority, weight, port, target: target.name } };
}

function readSoa(tokens: readonly Token[], origin: string): Read {
  const [primary, mailbox, ...numbers] = tokens;
  if (primary === undefined || mailbox === undefined || numbers.length !== 5)
    return 'SOA takes two names and serial, refresh, retry, expire, minimum';
  const mname = resolveName(primary.text, origin);
  if ('problem' in mname) return mname.problem;
  const rname = resolveName(mailbox.text, origin);
  if ('problem' in rname) return rname.problem;
  const [serial, refresh, retry, expire, minimum] = numbers.map((token, index) =>
    index === 0 ? readNumber(token, MAX_U32) : readTtl(token.text),
  );
  if (serial === undefined) return 'the serial is not a number of 32 bits';
  if (refresh === undefined || retry === undefined || expire === undefined || minimum === undefined)
    return 'an SOA time is not a number of seconds';
  const names = { mname: mname.name, rname: rname.name };
  return { type: 'SOA', data: { ...names, serial, refresh, retry, expire, minimum } };
}

function readCaa(tokens: readonly Token[]): Read {
  const [flags, tag, value, ...rest] = tokens;
  if (flags === undefined || tag === undefined || value === undefined || rest.length > 0)
    return 'CAA takes flags, a tag and a value';
  const number = readNumber(flags, 255);
  if (number === undefined) return 'CAA flags are 0..255';
  const known = CAA_TAGS.find((word) => word === tag.text.toLowerCase());
  if (known === undefined) return `a CAA tag is one of ${CAA_TAGS.join(', ')}`;
  const bytes = tokenBytes(value);
  if (bytes === undefined || bytes.length > MAX_STRING_BYTES) return 'the CAA value is too long';
  return { type: 'CAA', data: { flags: number, tag: known, value: Buffer.from(bytes).toString('utf8') } };
}

function readNumber(token: Token, max: number): number | undefined {
  if (!/^\d{1,10}$/.test(token.text)) return undefined;
  const number = Number(token.text);
  return number <= max ? number : undefined;
}

const UNIT_SECONDS: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
  ['d', 86_400],
  ['w', 604_800],
]);

/** Seconds, or with units as name servers write them (`1h30m`); at most 2^31-1 (RFC 2181 §8). */
export function readTtl(text: string): number | undefined {
  let seconds = 0;
  if (/^\d{1,10}$/.test(text)) seconds = Number(text);
  else if (/^(?:\d{1,8}[smhdw]){1,5}$/i.test(text)) {
    for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/gi))
      seconds += Number(count) * (UNIT_SECONDS.get((unit ?? '').toLowerCase()) ?? 0);
  } else return undefined;
  return seconds <= 0x7fffffff ? seconds : undefined;
}
