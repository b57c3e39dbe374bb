/**
 * The DMARC Policy Record (dmarcbis-41 §4.7, §4.8): one TXT string of `tag=value` pairs, as in
 * `v=DMARC1; p=reject; sp=quarantine; rua=mailto:reports@example.com`.
 *
 * `p` is for the domain itself, `sp` for its subdomains, `np` for subdomains that do not exist. `t=y` says that the
 * owner is still testing, `psd` where the organization begins. The syntax below the tags is that of RFC 6376 §3.2.
 */

/** dmarcbis-41 §4.7 `p`, the owner's wish for mail that fails. */
export type PublishedPolicy = 'none' | 'quarantine' | 'reject';

export interface DmarcRecord {
  /** Undefined: no mail is to be judged by this record, though it ends the search for one (dmarcbis-41 §4.10.1). */
  readonly p: PublishedPolicy | undefined;
  readonly sp: PublishedPolicy | undefined;
  readonly np: PublishedPolicy | undefined;
  readonly adkim: 'r' | 's';
  readonly aspf: 'r' | 's';
  /** `y`: apply one level less (dmarcbis-41 §4.7 `t`). */
  readonly testing: boolean;
  readonly psd: 'y' | 'n' | 'u';
  /** The syntactically valid ones, size limits removed. */
  readonly rua: readonly string[];
  /** Where failure reports are wanted; read as `rua`. */
  readonly ruf: readonly string[];
  /** When they are wanted (dmarcbis-41 §4.7 `fo`); `0` by default, and where the tag is not of its grammar. */
  readonly fo: readonly FailureOption[];
}

/** dmarcbis-41 §4.7 `fo`. */
export type FailureOption = '0' | '1' | 'd' | 's';

export type ParsedRecord =
  | { readonly ok: true; readonly record: DmarcRecord }
  | { readonly ok: false; readonly why: string };

/** Against a TXT record of 64 KB; real ones have some hundred characters. */
const MAX_RECORD_CHARS = 4_096;
/** Against records that are all tags. Eleven are registered (dmarcbis-41 §9.3). */
const MAX_TAGS = 64;

/** `v` is spelled in any case, its value is not (dmarcbis-41 §4.8 dmarc-version). */
const VERSION = /^[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/;
const TAG_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
/** dmarcbis-41 §4.8 dmarc-value. */
const TAG_VALUE = /^[\x20-\x3a\x3c-\x7e]+$/;
/** dmarcbis-41 §4.8 dmarc-uri: an RFC 3986 URI with `!` and `,` percent-encoded. */
const REPORT_URI = /^[A-Za-z][A-Za-z0-9+.-]*:[\w\-.~:/?#[\]@$&'()*+;=%]*$/;
const OBSOLETE_SIZE = /![0-9]+[kmgtKMGT]?$/;

/** Whether `text` says that it is a DMARC Policy Record; others at the same name do not count (§4.10 step 2). */
export function isDmarcRecord(text: string): boolean {
  return VERSION.test(text.slice(0, MAX_RECORD_CHARS).trim());
}

/** Reads the joined character-strings of one TXT record. Never throws. */
export function parseDmarcRecord(text: string): ParsedRecord {
  if (text.length > MAX_RECORD_CHARS) return { ok: false, why: 'the record is too long' };
  // dmarcbis-41 §4.7 `v`: first, and exactly DMARC1, or the entire record is ignored.
  if (!isDmarcRecord(text)) return { ok: false, why: 'no v=DMARC1 at its start' };
  const tags = readTags(text);
  if (tags === undefined) return { ok: false, why: 'a tag comes twice or there are too many' };
  const rua = reportUris(tags.get('rua'));
  return {
    ok: true,
    record: {
      ...policies(tags, rua.length > 0),
      adkim: oneOf(tags, 'adkim', ['r', 's']) ?? 'r',
      aspf: oneOf(tags, 'aspf', ['r', 's']) ?? 'r',
      testing: oneOf(tags, 't', ['y', 'n']) === 'y',
      psd: oneOf(tags, 'psd', ['y', 'n', 'u']) ?? 'u',
      rua,
      ruf: reportUris(tags.get('ruf')),
      fo: failureOptions(tags.get('fo')),
    },
  };
}

/** The tags after `v`. A piece that is no tag is skipped (§4.8: "discarded … or ignored outright"). */
function readTags(text: string): Map<string, string> | undefined {
  const tags = new Map<string, string>();
  const pieces = text.split(';').slice(1);
  if (pieces.length > MAX_TAGS) return undefined;
  for (const piece of pieces) {
    const equals = piece.indexOf('=');
    const name = piece.slice(0, Math.max(equals, 0)).trim();
    const value = piece.slice(equals + 1).trim();
    if (!TAG_NAME.test(name)) continue;
    // RFC 6376 §3.2: names are case-sensitive, and a name that comes twice spoils the whole list.
    if (tags.has(name) || name === 'v') return undefined;
    tags.set(name, TAG_VALUE.test(value) ? value : '');
  }
  return tags;
}

/** dmarcbis-41 §4.10.1: without a valid `p`, or with an invalid `sp` or `np`, the record means p=none or nothing. */
function policies(
  tags: ReadonlyMap<string, string>,
  reportsWanted: boolean,
): Pick<DmarcRecord, 'p' | 'sp' | 'np'> {
  const [p, sp, np] = (['p', 'sp', 'np'] as const).map((name) =>
    oneOf(tags, name, ['none', 'quarantine', 'reject']),
  );
  const valid =
    p !== undefined && tags.has('sp') === (sp !== undefined) && tags.has('np') === (np !== undefined);
  if (valid) return { p, sp, np };
  return { p: reportsWanted ? 'none' : undefined, sp: undefined, np: undefined };
}

/** The value of a tag when it is one of `allowed`, in any case (RFC 5234 §2.3: literals have none). */
function oneOf<T extends string>(
  tags: ReadonlyMap<string, string>,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const value = tags.get(name)?.toLowerCase();
  return allowed.find((each) => each === value);
}

/** dmarcbis-41 §4.8 dmarc-fo: each option once, and not `0` together with `1`. */
function failureOptions(value: string | undefined): readonly FailureOption[] {
  const words = (value ?? '0').toLowerCase().split(':');
  const options = (['0', '1', 'd', 's'] as const).filter((each) => words.includes(each));
  const valid = options.length === words.length && !(options.includes('0') && options.includes('1'));
  return valid ? options : ['0'];
}

function reportUris(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((uri) => uri.trim().replace(OBSOLETE_SIZE, ''))
    .filter((uri) => REPORT_URI.test(uri));
}
