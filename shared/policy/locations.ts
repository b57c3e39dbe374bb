/** Where calendars and passwords are, and times of day. */
import type { Checked } from './shape.ts';

/** Hosts that plain HTTP may go to: it never leaves the machine. */
const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/** `https://…`, or `http://` to a loopback address; no user, password or fragment in it. */
export function calendarUrl(value: string): Checked {
  const url = URL.parse(value);
  if (url === null || !/^https?:\/\//i.test(value)) return { why: 'it must begin with "https://"' };
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    return { why: '"http://" is for loopback addresses only; use "https://"' };
  }
  if (url.username !== '' || url.password !== '')
    return { why: 'a password in a URL is shown in logs; use caldav' };
  return url.hash === '' ? { value } : { why: 'leave out what follows "#"' };
}

/** `s3://BUCKET/KEY`, or a path relative to the policy that stays below its folder. */
export function calendarFile(value: string): Checked {
  if (value.startsWith('s3://')) {
    return /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/[^\s]+$/.test(value)
      ? { value }
      : { why: 'it must look like "s3://BUCKET/KEY"' };
  }
  return relativePath(value);
}

/** `ssm://NAME`, or a path relative to the policy that stays below its folder. */
export function passwordLocation(value: string): Checked {
  if (value.startsWith('ssm://')) {
    // Systems Manager: letters, digits, `.`, `-`, `_` and `/`.
    return /^ssm:\/\/[A-Za-z0-9_./-]{1,1011}$/.test(value)
      ? { value }
      : { why: 'it must look like "ssm://NAME"' };
  }
  return relativePath(value);
}

/** A bundle holds the policy's folder and nothing above it, so no other file is there when the function runs. */
function relativePath(value: string): Checked {
  if (/^[a-z][a-z0-9+.-]*:/i.test(value)) return { why: 'no such kind of place' };
  if (/^[/\\~]/.test(value) || value.includes('\\'))
    return { why: 'give a path relative to the policy, with "/"' };
  if (value.split('/').includes('..')) return { why: 'the file must be below the folder of the policy' };
  return { value };
}

/** `09:00` in minutes after midnight, up to `24:00`; undefined when it is not a time of day. */
export function minutesOfDay(value: string): number | undefined {
  const match = /^(\d{2}):(\d{2})$/.exec(value);
  const hours = Number(match?.[1]);
  const minutes = Number(match?.[2]);
  const total = hours * 60 + minutes;
  return minutes < 60 && total <= 24 * 60 ? total : undefined;
}

/** `minutesOfDay`, for a shape. */
export function timeOfDay(value: string): Checked {
  return minutesOfDay(value) === undefined ? { why: 'write hours and minutes, as in "09:00"' } : { value };
}
