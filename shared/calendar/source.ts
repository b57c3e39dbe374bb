/** Where a mailbox's calendars are: a file, an address, a CalDAV collection. Reads one of them into iCalendar texts. */
import { DeadlineError, PermanentError, TemporaryError } from '../errors.ts';
import type { CalendarSource } from '../policy/types.ts';
import { queryCaldav } from './caldav.ts';
import type { HttpFetch } from './http.ts';
import { exchange } from './http.ts';
import type { Failure } from './outcome.ts';
import { failure } from './outcome.ts';

/** How the world is reached. Each may throw TemporaryError or PermanentError. */
export interface CalendarIo {
  readonly fetch: HttpFetch;
  /** The text at a file source's `location`. */
  readonly readCalendar: (location: string, signal: AbortSignal) => Promise<string>;
  /** The secret at a `passwordUri`, without a line end. */
  readonly readSecret: (uri: string, signal: AbortSignal) => Promise<string>;
}

export interface SourceWindow {
  readonly startMs: number;
  readonly endMs: number;
}

export type SourceTexts = { readonly kind: 'texts'; readonly texts: readonly string[] } | Failure;

/** Reads one source. Never throws: what went wrong is a failure with its reason. */
export async function readSource(
  source: CalendarSource,
  window: SourceWindow,
  io: CalendarIo,
  signal: AbortSignal,
): Promise<SourceTexts> {
  try {
    return await textsOf(source, window, io, signal);
  } catch (error) {
    if (signal.aborted || error instanceof DeadlineError) return failure('timeout', 'the time is over');
    if (error instanceof TemporaryError)
      return failure('busy', `the ${source.kind} source is not available now`);
    if (error instanceof PermanentError)
      return failure('no-configuration', `the ${source.kind} source cannot be read`);
    return failure('failed', `the ${source.kind} source failed`);
  }
}

async function textsOf(
  source: CalendarSource,
  window: SourceWindow,
  io: CalendarIo,
  signal: AbortSignal,
): Promise<SourceTexts> {
  switch (source.kind) {
    case 'file':
      return { kind: 'texts', texts: [await io.readCalendar(source.location, signal)] };
    case 'url': {
      const headers = { accept: 'text/calendar' };
      const answer = await exchange(
        io.fetch,
        { method: 'GET', url: source.url, headers, expected: 200 },
        signal,
      );
      return answer.kind === 'text' ? { kind: 'texts', texts: [answer.text] } : answer;
    }
    case 'caldav': {
      const password = await io.readSecret(source.passwordUri, signal);
      const { url, username } = source;
      const query = { url, username, password, windowStartMs: window.startMs, windowEndMs: window.endMs };
      const answer = await queryCaldav(io.fetch, query, signal);
      return answer.kind === 'resources' ? { kind: 'texts', texts: answer.texts } : answer;
    }
  }
}
