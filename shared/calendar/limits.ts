/**
 * What a calendar may cost. Whoever can send an invitation can put a component into somebody's calendar, so every
 * number below is chosen by an attacker until it is bounded. What happens at a bound is never "free": a series that
 * is too dear is shown as one busy block, and a calendar that is too large is an error for its mailbox.
 */

/** Characters of one iCalendar text. Against: memory and time spent on an endless feed. */
export const MAX_CALENDAR_CHARS = 16 * 1024 * 1024;
/** Characters of one unfolded content line that we read. Against: a folded line that is joined for ever. */
export const MAX_LINE_CHARS = 64 * 1024;
/** Components open at one time. Against: BEGIN lines nested without end. iCalendar itself needs three. */
export const MAX_COMPONENT_DEPTH = 8;
/** Components of one text. Against: millions of empty VEVENTs. */
export const MAX_COMPONENTS = 100_000;
/** Content lines kept for one component. Against: an event with a million RDATE or ATTENDEE lines. */
export const MAX_LINES_PER_COMPONENT = 10_000;
/** Values of RDATE, or of EXDATE, or of FREEBUSY, of one component. Against: long comma lists. */
export const MAX_DATES_PER_COMPONENT = 10_000;
/** RRULE (and EXRULE) lines of one event. Against: a sum of dear rules. */
export const MAX_RULES_PER_EVENT = 10;
/** Characters of one RRULE. Against: BYxxx lists with millions of members. */
export const MAX_RULE_CHARS = 8_192;
/** Members of one BYxxx list; the longest useful one, BYYEARDAY, has 732. */
export const MAX_RULE_VALUES = 1_000;
/** Exceptions with RANGE=THISANDFUTURE of one series. Against: a search through all of them for every instance. */
export const MAX_RANGES_PER_SERIES = 100;
/** Seconds by which THISANDFUTURE may move a series. Against: a shift that makes the search begin in another age. */
export const MAX_RANGE_SHIFT_SECONDS = 400 * 86_400;
/** Different TZIDs, and different VTIMEZONEs, of one call. Against: names that make Intl search a zone's history each. */
export const MAX_ZONES_PER_CALL = 100;
/** How long before the window nonexistent local times are left out of a COUNT. Against: the same search, 600 times. */
export const MAX_GAP_HISTORY_SECONDS = 20 * 366 * 86_400;
/** Characters of a TZID. */
export const MAX_ZONE_NAME_CHARS = 200;
/** STANDARD and DAYLIGHT parts of one VTIMEZONE; the fullest zone of the IANA data has about 200. */
export const MAX_OBSERVANCES = 1_000;
/** Changes of offset worked out for one VTIMEZONE. Against: an observance that recurs every second. */
export const MAX_ONSETS = 4_000;

/**
 * Steps of one rule: periods visited, days tested, times made. Against: FREQ=SECONDLY with a COUNT, and filters
 * that match nothing. A daily rule with a filter costs one step a day, so this is five centuries of it.
 */
export const MAX_STEPS_PER_RULE = 200_000;
/** Steps of all the rules of one call: about a second on a slow machine. Against: thousands of dear rules. */
export const MAX_STEPS_PER_CALL = 3_000_000;
/** Candidate times of one period (one year, one month). Against: BYHOUR x BYMINUTE x BYSECOND of every day of a year. */
export const MAX_TIMES_PER_PERIOD = 100_000;
/** Instances of one series in the window. Against: a meeting every second. */
export const MAX_INSTANCES_PER_SERIES = 10_000;
/** Events that one call returns. Against: memory; a person with so many in one window does not exist. */
export const MAX_EVENTS_PER_CALL = 100_000;

/** Characters of a subject or place that are passed on. Against: an answer that outgrows what the caller may send. */
export const MAX_TEXT_CHARS = 255;
