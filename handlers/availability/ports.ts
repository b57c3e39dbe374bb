/** How the availability provider reaches calendars: HTTP, files beside the policy or in S3, secrets. */
import type { CalendarIo } from '../../shared/calendar/index.ts';
import { MAX_BODY_BYTES } from '../../shared/calendar/index.ts';
import type { Log } from '../../shared/log.ts';
import type { Policy } from '../../shared/policy/types.ts';
import { environment, taskFolder } from '../edge/environment.ts';
import { besidePolicy, policyUri } from '../edge/policy-place.ts';
import { lambdaPorts } from '../edge/ports.ts';
import type { ResourceReader } from '../edge/resource.ts';

export interface CalendarPorts {
  readonly io: CalendarIo;
  /** The policy in force, for a call that has `remainingMs`. */
  readonly loadPolicy: (remainingMs: number) => Promise<Policy>;
  /** Ends when the copy of the policy is kept, should one be on its way, or when `signal` aborts. Never throws. */
  readonly policySaved: (signal: AbortSignal) => Promise<void>;
  readonly log: Log;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
}

/** One request may take so long, whatever time is left: a server that hangs must not keep the others from being asked. */
const REQUEST_TIMEOUT_MS = 12_000;
/** A password is short; a file of megabytes named by mistake is not one. */
const MAX_SECRET_BYTES = 4_096;

/** The ports of this process. Throws a PermanentError when the environment is wrong. */
export function lambdaCalendarPorts(): CalendarPorts {
  const { resources, loadPolicy, policySaved, log, now } = lambdaPorts();
  const settings = environment();
  const uri = policyUri(settings);
  const place = (location: string): string => besidePolicy(uri, location, taskFolder(settings));
  return { io: calendarIo(resources, place), loadPolicy, policySaved, log, now };
}

/** Calendars and secrets through a resource reader; `place` finds what the policy calls relative. */
export function calendarIo(resources: ResourceReader, place: (location: string) => string): CalendarIo {
  const read = async (location: string, maxBytes: number, signal: AbortSignal): Promise<string> => {
    const bytes = await resources.read(place(location), 'availability', maxBytes, signal);
    return new TextDecoder().decode(bytes);
  };
  return {
    fetch: async (url, init) => {
      const signal = AbortSignal.any([init.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
      return fetch(url, { ...init, signal }).catch((error: unknown) => {
        // GET and REPORT change nothing (RFC 9110 §9.2.2, RFC 3253 §3.6): asking twice is harmless.
        if (signal.aborted || !connectionClosed(error)) throw error;
        return fetch(url, { ...init, signal });
      });
    },
    readCalendar: (location, signal) => read(location, MAX_BODY_BYTES, signal),
    // A secret in a file ends with the line end that editors write.
    readSecret: async (location, signal) =>
      (await read(location, MAX_SECRET_BYTES, signal)).replace(/\r?\n$/, ''),
  };
}

/** While Lambda freezes a function its peers close the connections that it keeps; it learns that at the next request. */
function connectionClosed(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}
