/** What a function's process and its host say to each other over IPC. */

/** Host to process: one event. Sent only when the process is ready and has answered the one before. */
export interface Job {
  readonly requestId: string;
  readonly functionArn: string;
  /** Milliseconds since 1970 at which the host kills the process. */
  readonly deadlineMs: number;
  /** The event as JSON text: what the function gets is a copy, as over the wire. */
  readonly event: string;
  /** Written to stdout after a NUL when the function has ended; nobody can guess it before. */
  readonly endMark: string;
}

/** Process to host: how loading ended. */
export type InitReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'init-failed'; readonly errorType: string; readonly errorMessage: string };

/** Process to host: how an event was answered. */
export type JobReport =
  | { readonly kind: 'answer'; readonly payload: string }
  | { readonly kind: 'error'; readonly errorType: string; readonly errorMessage: string };

export type Report = InitReport | JobReport;

function hasStrings(value: object, names: readonly string[]): boolean {
  const record = value as Readonly<Record<string, unknown>>;
  return names.every((name) => typeof record[name] === 'string');
}

/** Is it one of the reports? A function could send anything over the channel. */
export function isReport(value: unknown): value is Report {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  switch (value.kind) {
    case 'ready':
      return true;
    case 'answer':
      return hasStrings(value, ['payload']);
    case 'error':
    case 'init-failed':
      return hasStrings(value, ['errorType', 'errorMessage']);
    default:
      return false;
  }
}
