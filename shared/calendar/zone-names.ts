/**
 * Which zone a TZID means. The name is looked up before the VTIMEZONE beside it is read, because a known name brings
 * the whole history of its zone; then come ever weaker hints, and what was guessed is noted.
 */
import type { Budget } from './budget.ts';
import type { Component } from './component.ts';
import { propertyOf } from './component.ts';
import { intlZone } from './intl-zone.ts';
import { MAX_ZONE_NAME_CHARS, MAX_ZONES_PER_CALL } from './limits.ts';
import type { Note } from './notes.ts';
import { textOf } from './text.ts';
import { vtimezoneOf } from './vtimezone.ts';
import { ianaOfWindows } from './windows-zones.ts';
import type { Zone } from './zone.ts';
import { fixedZone } from './zone.ts';

export interface ZoneNames {
  /** The zone of a TZID parameter. */
  resolve(tzid: string): Zone;
  /** Zone of times that name none: the calendar's own (X-WR-TIMEZONE), else the mailbox's. */
  readonly floating: Zone;
}

/** What the calendars of one call share. */
export interface ZoneContext {
  readonly mailboxZone: Zone;
  /** Up to when the zones are needed, in seconds since 1970 UTC. */
  readonly untilUtc: number;
  readonly budget: Budget;
  readonly note: (note: Note) => void;
  /** Zones by name, by display name, and by the text of their VTIMEZONE; at most MAX_ZONES_PER_CALL of each. */
  readonly named: Map<string, Zone | undefined>;
  readonly guessed: Map<string, Zone | undefined>;
  readonly defined: Map<string, Zone | undefined>;
}

const AREAS: readonly string[] = [
  'Europe',
  'America',
  'Asia',
  'Africa',
  'Australia',
  'Pacific',
  'Atlantic',
  'Indian',
];
/** Display names that name no city. */
const REGIONS: ReadonlyMap<string, string> = new Map([
  ['atlantic time (canada)', 'America/Halifax'],
  ['eastern time (us & canada)', 'America/New_York'],
  ['central time (us & canada)', 'America/Chicago'],
  ['mountain time (us & canada)', 'America/Denver'],
  ['pacific time (us & canada)', 'America/Los_Angeles'],
  ['arizona', 'America/Phoenix'],
  ['alaska', 'America/Anchorage'],
  ['hawaii', 'Pacific/Honolulu'],
  ['coordinated universal time', 'Etc/UTC'],
]);
const OFFSET_NAME = /^\(?(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})\)?/i;

/** The zone of a name alone: IANA, Windows, or either behind a vendor's prefix. */
export function zoneOfName(name: string): Zone | undefined {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > MAX_ZONE_NAME_CHARS) return undefined;
  const windows = ianaOfWindows(trimmed);
  return (
    intlZone(trimmed) ?? (windows === undefined ? undefined : intlZone(windows)) ?? behindPrefix(trimmed)
  );
}

/** `/vendor.example/20260101_1/Europe/Berlin`: RFC 5545 §3.2.19 lets a solidus mark names of a registry of one's own. */
function behindPrefix(name: string): Zone | undefined {
  const segments = name.split('/');
  if (segments.length < 3) return undefined;
  for (const length of [3, 2]) {
    const zone = intlZone(segments.slice(-length).join('/'));
    if (zone !== undefined) return zone;
  }
  return undefined;
}

/** The zones of one VCALENDAR. */
export function zoneNamesOf(calendar: Component, context: ZoneContext): ZoneNames {
  const definitions = definitionsOf(calendar);
  const own = textOf(propertyOf(calendar, 'X-WR-TIMEZONE'));
  const floating = (own === '' ? undefined : named(own, context)) ?? context.mailboxZone;
  const known = new Map<string, Zone>();
  return {
    floating,
    resolve(tzid) {
      const found = known.get(tzid);
      if (found !== undefined) return found;
      const zone = lookUp(tzid.trim(), definitions.get(tzid.trim()), context);
      if (zone === undefined) context.note('time zone not known, default used');
      if (known.size < MAX_ZONES_PER_CALL) known.set(tzid, zone ?? floating);
      return zone ?? floating;
    },
  };
}

function definitionsOf(calendar: Component): ReadonlyMap<string, Component> {
  const found = new Map<string, Component>();
  for (const child of calendar.children) {
    if (child.name !== 'VTIMEZONE') continue;
    const tzid = propertyOf(child, 'TZID')?.raw.trim();
    if (tzid !== undefined) found.set(tzid, child);
  }
  return found;
}

function named(name: string, context: ZoneContext): Zone | undefined {
  return remembered(context.named, name, () => zoneOfName(name));
}

/** A full table answers "unknown" to what is not in it. */
function remembered(
  table: Map<string, Zone | undefined>,
  key: string,
  find: () => Zone | undefined,
): Zone | undefined {
  if (table.has(key) || table.size >= MAX_ZONES_PER_CALL) return table.get(key);
  const zone = find();
  table.set(key, zone);
  return zone;
}

function lookUp(tzid: string, definition: Component | undefined, context: ZoneContext): Zone | undefined {
  const known = named(tzid, context);
  if (known !== undefined) return known;
  const location = definition === undefined ? '' : textOf(propertyOf(definition, 'X-LIC-LOCATION'));
  const located = location === '' ? undefined : named(location, context);
  if (located !== undefined) return located;
  const defined = definition === undefined ? undefined : definedBy(definition, context);
  if (defined !== undefined) return defined;
  const guessed = remembered(context.guessed, tzid, () => zoneOfDisplayName(tzid, context.untilUtc));
  if (guessed !== undefined) context.note('time zone guessed from its name');
  return guessed;
}

/** The same VTIMEZONE stands in every resource of a CalDAV calendar: it is worked out once. */
function definedBy(definition: Component, context: ZoneContext): Zone | undefined {
  const key = definition.children.map((child) => [child.name, ...child.lines.values()].join('\n')).join('\n');
  return remembered(context.defined, key, () => {
    const result = vtimezoneOf(definition, context.untilUtc, context.budget);
    if (result?.complete === false) context.note('VTIMEZONE not complete');
    return result?.zone;
  });
}

/**
 * `(UTC+01:00) Amsterdam, Berlin, Bern`: the first of the cities that is a zone with that standard offset, else the
 * offset alone. A name with no offset (`Eastern Time (US & Canada)`) must be one of the regions.
 */
function zoneOfDisplayName(name: string, nearUtc: number): Zone | undefined {
  if (name.length > MAX_ZONE_NAME_CHARS) return undefined;
  const match = OFFSET_NAME.exec(name.trim());
  const places = (match === null ? name : name.trim().slice(match[0].length)).trim();
  const region = REGIONS.get(places.toLowerCase());
  if (region !== undefined) return intlZone(region);
  const [hours = 0, minutes = 0] = [Number(match?.[2]), Number(match?.[3])];
  if (match === null || hours > 14 || minutes > 59) return undefined;
  const offset = (match[1] === '-' ? -1 : 1) * (hours * 3_600 + minutes * 60);
  for (const place of places.split(',')) {
    for (const area of AREAS) {
      const zone = intlZone(`${area}/${place.trim().replaceAll(' ', '_')}`);
      if (zone !== undefined && standardOffset(zone, nearUtc) === offset) return zone;
    }
  }
  return fixedZone(offset, 'fixed offset');
}

/** The lesser of the offsets of two days half a year apart. */
function standardOffset(zone: Zone, nearUtc: number): number {
  return Math.min(zone.offsetAt(nearUtc), zone.offsetAt(nearUtc - 182 * 86_400));
}
