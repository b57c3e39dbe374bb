/** The DNS of the messages that `auth-messages.ts` makes: a key under every selector, a policy at every domain of two labels. */

export const BENCH_KEY = 'MAILROOM_BENCH_KEY';

/** The TXT record at `name`, or undefined. */
export function recordAt(name: string): string | undefined {
  if (name.includes('._domainkey.')) return `v=DKIM1; p=${process.env[BENCH_KEY] ?? ''}`;
  return /^_dmarc\.[^.]+\.example$/.test(name) ? 'v=DMARC1; p=reject' : undefined;
}

/** What a reader says of a message: the benchmark holds it against what is true. */
export interface Authenticated {
  readonly dmarc: string;
  readonly passing: number;
  readonly queries: number;
}
