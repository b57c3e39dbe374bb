/** Calendars to busy times (RFC 5545), and the mailboxes that they belong to. `busy.ts` tells the standard. */
export * from './availability.ts';
export * from './busy.ts';
export { type HttpAnswer, type HttpFetch, MAX_BODY_BYTES } from './http.ts';
export * from './merge.ts';
export type * from './outcome.ts';
export type { CalendarIo } from './source.ts';
export type * from './types.ts';
export * from './working-hours.ts';
