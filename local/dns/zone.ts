/**
 * A DNS zone file and what it answers. RFC 1035 §5 defines the file: one record a line, relative names, `$ORIGIN` and
 * `$TTL`, parentheses over several lines. One file here holds as many zones as the stand-in's small world needs: every
 * name that is not in it does not exist.
 *
 * Two comments make trouble on purpose, for a name and all below it:
 *   ; @servfail NAME   every question is answered SERVFAIL
 *   ; @timeout NAME    no question is answered
 */
import { readFile } from 'node:fs/promises';
import { PermanentError } from '../../shared/errors.ts';
import { type Comment, type Entry, type Problem, readMasterFile } from './master-file.ts';
import { RECORD_TYPES, readData, readTtl, resolveName } from './rdata.ts';
import type { ZoneRecord } from './record.ts';
import { createZone, type Zone } from './zone-data.ts';

export type { ZoneRecord } from './record.ts';
export { txtRecord } from './record.ts';
export { createZone, type Lookup, type Zone } from './zone-data.ts';

export type ParsedZone =
  | { readonly ok: true; readonly zone: Zone }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** When neither `$TTL` nor the record says it: long enough for a cache, short enough for an experiment. */
const DEFAULT_TTL_SECONDS = 300;
/** A zone file is written by a person; what is longer is some other file. */
const MAX_ZONE_CHARS = 4 * 1024 * 1024;
/** Enough to see what is wrong with a file that is no zone at all. */
const MAX_PROBLEMS = 50;

/** Reads a master file. Every problem is reported, not only the first. Never throws. */
export function parseZone(text: string): ParsedZone {
  if (text.length > MAX_ZONE_CHARS)
    return { ok: false, problems: [{ line: 1, message: `longer than ${MAX_ZONE_CHARS} characters` }] };
  const file = readMasterFile(text);
  const zone = createZone();
  const problems: Problem[] = [...file.problems];
  const state: State = { origin: '', owner: undefined, ttl: undefined };
  const origins: { line: number; origin: string }[] = [{ line: 0, origin: '' }];
  for (const entry of file.entries) {
    const problem = readEntry(entry, state, zone);
    if (problem !== undefined) problems.push({ line: entry.line, message: problem });
    if (state.origin !== origins.at(-1)?.origin) origins.push({ line: entry.line, origin: state.origin });
  }
  for (const comment of file.comments) {
    const origin = origins.findLast((change) => change.line < comment.line)?.origin ?? '';
    const problem = readTrouble(comment, origin, zone);
    if (problem !== undefined) problems.push({ line: comment.line, message: problem });
  }
  if (problems.length === 0) return { ok: true, zone };
  return { ok: false, problems: problems.sort((a, b) => a.line - b.line).slice(0, MAX_PROBLEMS) };
}

/** Reads a zone file from disk. Throws PermanentError with `PATH:LINE: what is wrong`, one a line. */
export async function loadZone(path: string): Promise<Zone> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new PermanentError(`the zone file ${path} cannot be read`, { cause: error });
  }
  const parsed = parseZone(text);
  if (parsed.ok) return parsed.zone;
  throw new PermanentError(
    parsed.problems.map(({ line, message }) => `${path}:${line}: ${message}`).join('\n'),
  );
}

interface State {
  origin: string;
  /** Of the last record, for lines that start with a blank. */
  owner: string | undefined;
  /** From `$TTL` (RFC 2308 §4), else the last one written. */
  ttl: number | undefined;
}

function readEntry(entry: Entry, state: State, zone: Zone): string | undefined {
  const [first, ...rest] = entry.tokens;
  if (first === undefined) return undefined;
  if (!first.quoted && first.text.startsWith('$'))
    return readDirective(
      first.text,
      rest.map((token) => token.text),
      state,
    );
  if (!entry.inheritsOwner) {
    const resolved = resolveName(first.text, state.origin);
    if ('problem' in resolved) return resolved.problem;
    state.owner = resolved.name;
  }
  if (state.owner === undefined) return 'the first record of the file needs a name';
  return readRecord(entry.inheritsOwner ? entry.tokens : rest, state.owner, state, zone);
}

function readDirective(directive: string, args: readonly string[], state: State): string | undefined {
  const [value, ...rest] = args;
  if (value === undefined || rest.length > 0) return `${directive} takes one value`;
  switch (directive.toUpperCase()) {
    case '$ORIGIN': {
      const resolved = resolveName(value, state.origin);
      if ('problem' in resolved) return resolved.problem;
      state.origin = resolved.name;
      return undefined;
    }
    case '$TTL': {
      const ttl = readTtl(value);
      if (ttl === undefined) return `not a time to live: ${value}`;
      state.ttl = ttl;
      return undefined;
    }
    default:
      return `${directive} is not supported; $ORIGIN and $TTL are`;
  }
}

/** `[TTL] [class] type data`, TTL and class in either order (RFC 1035 §5.1). */
function readRecord(tokens: Entry['tokens'], owner: string, state: State, zone: Zone): string | undefined {
  let at = 0;
  let ttl: number | undefined;
  for (; at < 2; at += 1) {
    const word = tokens[at]?.text.toUpperCase() ?? '';
    if (word === 'CH' || word === 'HS' || word === 'CS') return `only the class IN is served, not ${word}`;
    const seconds = readTtl(word);
    if (seconds !== undefined) ttl = seconds;
    else if (word !== 'IN') break;
  }
  const type = tokens[at]?.text;
  if (type === undefined) return 'a record needs a type';
  const data = readData(type, tokens.slice(at + 1), state.origin);
  if (data === undefined) return `unknown record type ${type}; served are ${RECORD_TYPES.join(', ')}`;
  if (typeof data === 'string') return data;
  const record: ZoneRecord = { name: owner, ttl: ttl ?? state.ttl ?? DEFAULT_TTL_SECONDS, ...data };
  const conflict = zone.conflict(record);
  if (conflict !== undefined) return conflict;
  zone.add(record);
  return undefined;
}

function readTrouble(comment: Comment, origin: string, zone: Zone): string | undefined {
  const [word, name, ...rest] = comment.text.trim().split(/\s+/);
  if (word !== '@servfail' && word !== '@timeout') return undefined;
  if (name === undefined || rest.length > 0) return `${word} takes one name`;
  const resolved = resolveName(name, origin);
  if ('problem' in resolved) return resolved.problem;
  zone.trouble(resolved.name, word === '@servfail' ? 'servfail' : 'timeout');
  return undefined;
}
