/**
 * IANA zones by way of Intl, which brings the time zone data of the runtime. One question to Intl costs microseconds,
 * so the changes of offset are looked up once for a span of about a year and kept.
 */
import type { Gap } from './recurrence.ts';
import type { Transition, Zone } from './zone.ts';
import { gapOf } from './zone.ts';

/** Length of a span: 2^25 seconds, 388 days. */
const SPAN_SECONDS = 2 ** 25;
/** Distance of the probes within a span. No zone has kept an offset for less time since 1970. */
const PROBE_SECONDS = 8 * 86_400;
/** Questions about one span that are put to Intl before the span is searched. */
const DIRECT_QUESTIONS = 3;
/** Spans that are looked at: about 1850 to 2200. Against: dates in the year 1 or 9999, a span each. */
const FIRST_SPAN = -113;
const LAST_SPAN = 216;
const NAME = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;
const LONG_OFFSET = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/** Names that Intl knows, by lower-case name: a few hundred, since unknown names are not kept. */
const zones = new Map<string, Zone>();

/** The zone of an IANA name or one of its aliases, in any case; undefined when the runtime does not know it. */
export function intlZone(name: string): Zone | undefined {
  const key = name.toLowerCase();
  const known = zones.get(key);
  if (known !== undefined || !NAME.test(name)) return known;
  const format = formatOf(name);
  if (format === undefined) return undefined;
  const zone = zoneOf(format);
  zones.set(key, zone);
  return zone;
}

function formatOf(name: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function askIntl(format: Intl.DateTimeFormat, utc: number): number {
  const match = LONG_OFFSET.exec(format.format(utc * 1_000));
  const [hours = 0, minutes = 0, seconds = 0] = (match?.slice(2) ?? []).map((part) => Number(part ?? 0));
  const size = hours * 3_600 + minutes * 60 + seconds;
  return match?.[1] === '-' ? 0 - size : size;
}

interface Span {
  /** Undefined until the span is searched. */
  transitions: readonly Transition[] | undefined;
  /** Offset at its beginning, once it is searched. */
  offset: number;
  questions: number;
}

function zoneOf(format: Intl.DateTimeFormat): Zone {
  const spans = new Map<number, Span>();
  const spanAt = (index: number): Span => {
    const found = spans.get(index) ?? { transitions: undefined, offset: 0, questions: 0 };
    spans.set(index, found);
    return found;
  };
  const searched = (index: number): Span => {
    const span = spanAt(index);
    if (span.transitions === undefined) {
      span.offset = askIntl(format, index * SPAN_SECONDS);
      span.transitions = transitionsOf(format, index * SPAN_SECONDS, span.offset);
    }
    return span;
  };
  const clamp = (index: number): number => Math.min(LAST_SPAN, Math.max(FIRST_SPAN, index));
  // The instants of a series lie close together: the answer to one is mostly the answer to the next.
  let latest = { from: 0, to: 0, offset: 0 };
  return {
    name: format.resolvedOptions().timeZone,
    offsetAt(utc) {
      if (utc >= latest.from && utc < latest.to) return latest.offset;
      const index = Math.floor(utc / SPAN_SECONDS);
      if (index !== clamp(index)) return searched(clamp(index)).offset;
      const span = spanAt(index);
      span.questions += 1;
      if (span.transitions === undefined && span.questions <= DIRECT_QUESTIONS) return askIntl(format, utc);
      latest = stretchAt(searched(index), index, utc);
      return latest.offset;
    },
    gaps(fromLocal, toLocal) {
      const found: Gap[] = [];
      const last = clamp(Math.floor(toLocal / SPAN_SECONDS) + 1);
      for (let index = clamp(Math.floor(fromLocal / SPAN_SECONDS) - 1); index <= last; index += 1) {
        for (const transition of searched(index).transitions ?? []) {
          const gap = gapOf(transition);
          if (gap !== undefined && gap.to > fromLocal && gap.from <= toLocal) found.push(gap);
        }
      }
      return found;
    },
  };
}

/** The part of a span around an instant in which the offset is the same. */
function stretchAt(
  span: Span,
  index: number,
  utc: number,
): { readonly from: number; readonly to: number; readonly offset: number } {
  let from = index * SPAN_SECONDS;
  let { offset } = span;
  for (const transition of span.transitions ?? []) {
    if (transition.at > utc) return { from, to: transition.at, offset };
    from = transition.at;
    offset = transition.after;
  }
  return { from, to: (index + 1) * SPAN_SECONDS, offset };
}

function transitionsOf(
  format: Intl.DateTimeFormat,
  start: number,
  startOffset: number,
): readonly Transition[] {
  const found: Transition[] = [];
  let before = startOffset;
  for (let at = start; at < start + SPAN_SECONDS; at += PROBE_SECONDS) {
    // Up to the first second of the next span, so that a change at its very start belongs to it.
    const next = Math.min(at + PROBE_SECONDS, start + SPAN_SECONDS - 1);
    const after = askIntl(format, next);
    if (after !== before) found.push({ at: changeBetween(format, at, next, before), before, after });
    before = after;
  }
  return found;
}

/** The first second with another offset than `before`; `low` still has that one. */
function changeBetween(format: Intl.DateTimeFormat, from: number, to: number, before: number): number {
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (askIntl(format, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}
