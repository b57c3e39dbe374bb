/**
 * The components of an iCalendar text (RFC 5545 §3.4, §3.6): BEGIN and END lines around content lines. Only the lines
 * that free/busy needs are kept, and those are parsed when they are asked for: a base64 attachment costs a scan.
 */
import {
  MAX_CALENDAR_CHARS,
  MAX_COMPONENT_DEPTH,
  MAX_COMPONENTS,
  MAX_LINE_CHARS,
  MAX_LINES_PER_COMPONENT,
} from './limits.ts';
import type { Note } from './notes.ts';
import type { Property } from './property.ts';
import { parseProperty } from './property.ts';

export interface Component {
  /** Upper case: VEVENT, VTIMEZONE, … */
  readonly name: string;
  /** Unfolded lines by upper-case property name, in order. */
  readonly lines: ReadonlyMap<string, readonly string[]>;
  readonly children: readonly Component[];
}

export type CalendarText =
  | { readonly kind: 'calendars'; readonly calendars: readonly Component[] }
  | { readonly kind: 'unreadable'; readonly why: string };

const WANTED = new Set(
  (
    'BEGIN END METHOD X-WR-TIMEZONE UID DTSTART DTEND DURATION RRULE EXRULE RDATE EXDATE RECURRENCE-ID SEQUENCE ' +
    'DTSTAMP STATUS TRANSP CLASS SUMMARY LOCATION ATTENDEE ORGANIZER X-MICROSOFT-CDO-BUSYSTATUS ' +
    'X-MICROSOFT-CDO-INTENDEDSTATUS TZID X-LIC-LOCATION TZOFFSETFROM TZOFFSETTO FREEBUSY FBTYPE ACTION'
  ).split(' '),
);

interface OpenComponent {
  readonly name: string;
  readonly lines: Map<string, string[]>;
  readonly children: OpenComponent[];
  size: number;
}

/** The first property of a name, parsed. */
export function propertyOf(component: Component, name: string): Property | undefined {
  const line = component.lines.get(name)?.[0];
  return line === undefined ? undefined : parseProperty(line);
}

/** Every property of a name that can be parsed. */
export function propertiesOf(component: Component, name: string): readonly Property[] {
  const found: Property[] = [];
  for (const line of component.lines.get(name) ?? []) {
    const property = parseProperty(line);
    if (property !== undefined) found.push(property);
  }
  return found;
}

/**
 * Reads a text that holds one VCALENDAR or several. A text that does not end where its calendar ends is unreadable: it
 * was cut, and what is missing may be busy.
 */
export function readComponents(text: string, note: (note: Note) => void): CalendarText {
  if (text.length > MAX_CALENDAR_CHARS) return { kind: 'unreadable', why: 'the calendar is too large' };
  const root: OpenComponent = open('');
  const stack: OpenComponent[] = [root];
  let components = 0;
  let tooDeep = 0;
  let overflow = false;
  eachLine(text, note, (name, line) => {
    const current = stack.at(-1) ?? root;
    if (name === 'BEGIN') {
      components += 1;
      if (components > MAX_COMPONENTS) overflow = true;
      if (overflow) return false;
      if (stack.length > MAX_COMPONENT_DEPTH) tooDeep += 1;
      else stack.push(begin(current, componentNameOf(line)));
    } else if (name === 'END') {
      if (tooDeep > 0) tooDeep -= 1;
      else end(stack, componentNameOf(line), note);
    } else if (tooDeep === 0 && !keep(current, name, line)) overflow = true;
    return !overflow;
  });
  if (overflow) return { kind: 'unreadable', why: 'the calendar has too many parts' };
  if (stack.length > 1) return { kind: 'unreadable', why: 'the calendar is not complete' };
  const calendars = root.children.filter((child) => child.name === 'VCALENDAR');
  return calendars.length === 0
    ? { kind: 'unreadable', why: 'there is no calendar' }
    : { kind: 'calendars', calendars };
}

function open(name: string): OpenComponent {
  return { name, lines: new Map(), children: [], size: 0 };
}

function begin(parent: OpenComponent, name: string): OpenComponent {
  const component = open(name);
  parent.children.push(component);
  return component;
}

/** Closes the innermost component of that name, and those within it that were left open. A stray END is passed over. */
function end(stack: OpenComponent[], name: string, note: (note: Note) => void): void {
  const at = stack.findLastIndex((component, index) => index > 0 && component.name === name);
  if (at < 0 || at < stack.length - 1) note('component not closed');
  if (at >= 0) stack.length = at;
}

function keep(component: OpenComponent, name: string, line: string): boolean {
  component.size += 1;
  if (component.size > MAX_LINES_PER_COMPONENT) return false;
  const lines = component.lines.get(name);
  if (lines === undefined) component.lines.set(name, [line]);
  else lines.push(line);
  return true;
}

function componentNameOf(line: string): string {
  return line
    .slice(line.indexOf(':') + 1)
    .trim()
    .toUpperCase();
}

/** Name of a content line: what stands before its first `:` or `;`. Empty when there is neither. */
function nameOf(text: string): string {
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (char === ':' || char === ';') return text.slice(0, index).trim().toUpperCase();
  }
  return '';
}

/**
 * Calls back with every wanted line, unfolded (RFC 5545 §3.1: a line break and one white space go). Line ends may be
 * CRLF, LF or CR. Stops when the callback says so.
 */
function eachLine(
  text: string,
  note: (note: Note) => void,
  take: (name: string, line: string) => boolean,
): void {
  const length = text.length;
  let at = text.startsWith('\u{feff}') ? 1 : 0;
  while (at < length) {
    let lineEnd = endOfLine(text, at);
    const first = text.slice(at, Math.min(lineEnd, at + MAX_LINE_CHARS));
    let next = afterLineEnd(text, lineEnd);
    const early = nameOf(first);
    const wanted = early === '' || WANTED.has(early);
    const pieces = [first];
    let size = lineEnd - at;
    while (next < length && (text[next] === ' ' || text[next] === '\t')) {
      lineEnd = endOfLine(text, next);
      size += lineEnd - next - 1;
      if (wanted && size <= MAX_LINE_CHARS) pieces.push(text.slice(next + 1, lineEnd));
      next = afterLineEnd(text, lineEnd);
    }
    at = next;
    if (!wanted) continue;
    if (size > MAX_LINE_CHARS) {
      note('line too long');
      continue;
    }
    const line = pieces.join('');
    const name = nameOf(line);
    if (WANTED.has(name) && !take(name, line)) return;
  }
}

function endOfLine(text: string, from: number): number {
  const lf = text.indexOf('\n', from);
  const end = lf < 0 ? text.length : lf;
  return end > from && text[end - 1] === '\r' && lf >= 0 ? end - 1 : end;
}

function afterLineEnd(text: string, end: number): number {
  return text[end] === '\r' ? end + 2 : end + 1;
}
