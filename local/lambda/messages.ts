/** What a function's process is given to do, and what it reports: the Runtime API's calls as values. */

/** One event. */
export interface Job {
  readonly requestId: string;
  readonly functionArn: string;
  /** Milliseconds since 1970 at which the host kills the process. */
  readonly deadlineMs: number;
  /** For X-Ray, which nothing here asks; Lambda sends it all the same. */
  readonly traceId: string;
  /** The event as JSON text: what the function gets is a copy, as over the wire. */
  readonly event: string;
}

/** How loading ended: the runtime asked for its first event, or said why it cannot. */
export type InitReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'init-failed'; readonly errorType: string; readonly errorMessage: string };

/** How an event was answered. */
export type JobReport =
  | { readonly kind: 'answer'; readonly payload: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'error'; readonly errorType: string; readonly errorMessage: string };

export type Report = InitReport | JobReport;

/** Lambda quotas: 6 MB for a synchronous invocation, request and response each. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
