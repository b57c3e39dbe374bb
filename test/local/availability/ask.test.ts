import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AskOptions,
  askFreeBusy,
  type MailboxResult,
  PROVIDER_TIMEOUT_MS,
  type Question,
} from '../../../local/availability/ask.ts';
import { countProviderFailures } from '../../../local/availability/audit-log.ts';
import type { AvailabilityProvider } from '../../../local/availability/settings.ts';

const ID = 'm-0123456789abcdef0123456789abcdef';
const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:cap';
const START = Date.UTC(2026, 2, 16);
const NOW = Date.UTC(2026, 2, 15, 12);

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'mailroom-availability-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

type Act = (event: { readonly mailboxes: readonly string[] }) => unknown;
/** How a call can end without an answer. */
type Failure =
  | { readonly kind: 'error'; readonly errorType: string; readonly errorMessage: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'crash'; readonly why: string };

function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

/** Functions as a table of what they answer; the calls are kept. */
function world(functions: Record<string, Act>, providers: readonly AvailabilityProvider[], timeScale = 1) {
  const calls: { readonly name: string; readonly event: unknown }[] = [];
  const options: AskOptions = {
    organization: { id: ID, region: 'us-east-1', account: '123456789012', domains: ['example.com'] },
    providers: () => providers,
    dataDir,
    timeScale,
    now: () => NOW,
    invoker: {
      invoke: async (name, event) => {
        calls.push({ name, event });
        const made = await functions[name]?.(Object(event));
        const common = { durationMs: 1, coldStart: false, logs: [] };
        if (isFailure(made)) return { ...common, ...made };
        return { ...common, kind: 'answer', payload: made, bytes: 1 };
      },
    },
  };
  return { options, calls };
}

const question = (...mailboxes: string[]): Question => ({
  requester: {
    email: 'alice@example.com',
    userName: 'alice',
    userId: 'S-1-5-21-1-2-3-1001',
    origin: '127.0.0.1',
  },
  mailboxes,
  startMs: START,
  endMs: START + 86_400_000,
});

const free: Act = ({ mailboxes }) => ({ mailboxes: mailboxes.map((mailbox) => ({ mailbox, events: [] })) });
const audit = (): Record<string, unknown>[] =>
  readFileSync(join(dataDir, 'availability.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const errors = (results: readonly MailboxResult[]) =>
  results.map((result) => (result.kind === 'error' ? result.error : 'times'));

describe('the question', () => {
  it("is exactly WorkMail's event", async () => {
    const { options, calls } = world({ cap: free }, [{ domain: 'partner.example', lambdaArn: ARN }]);
    await askFreeBusy(options, question('dave@partner.example', 'erin@partner.example'));
    expect(calls).toEqual([
      {
        name: 'cap',
        event: {
          requester: {
            email: 'alice@example.com',
            userName: 'alice',
            organization: ID,
            userId: 'S-1-5-21-1-2-3-1001',
            origin: '127.0.0.1',
          },
          mailboxes: ['dave@partner.example', 'erin@partner.example'],
          window: { startDate: '2026-03-16T00:00:00.000Z', endDate: '2026-03-17T00:00:00.000Z' },
        },
      },
    ]);
  });

  it('[A1] goes to the provider of each domain, a function or an EWS endpoint, in one call for each', async () => {
    const { options, calls } = world({ cap: free, other: free }, [
      { domain: 'partner.example', lambdaArn: ARN },
      { domain: 'second.example', lambdaArn: ARN.replace(':cap', ':other') },
      { domain: 'third.example', ewsEndpoint: 'https://mail.third.example/EWS/Exchange.asmx' },
    ]);
    const asked = [
      'a@partner.example',
      'b@second.example',
      'c@partner.example',
      'd@third.example',
      'e@none.example',
    ];
    const results = await askFreeBusy(options, question(...asked));
    expect(results.map(({ mailbox }) => mailbox)).toEqual(asked);
    expect(errors(results)).toEqual([
      'times',
      'times',
      'times',
      // Not played, and said so.
      'ERROR_FREE_BUSY_GENERATION_FAILED',
      'ERROR_AVAILABILITY_CONFIG_NOT_FOUND',
    ]);
    expect(calls.map(({ name, event }) => [name, Object(event).mailboxes])).toEqual([
      ['cap', ['a@partner.example', 'c@partner.example']],
      ['other', ['b@second.example']],
    ]);
    expect(audit()).toContainEqual(
      expect.objectContaining({ type: 'EWS', ews_endpoint: 'https://mail.third.example/EWS/Exchange.asmx' }),
    );
  });

  it.each([
    ['[A4] in another region', 'arn:aws:lambda:ap-southeast-2:123456789012:function:cap'],
    ['[A5] by alias', `${ARN}:live`],
    ['[A5] by version', `${ARN}:7`],
  ])('finds a function %s', async (_, lambdaArn) => {
    const { options, calls } = world({ cap: free }, [{ domain: 'partner.example', lambdaArn }]);
    const results = await askFreeBusy(options, question('a@partner.example'));
    expect(errors(results)).toEqual(['times']);
    expect(calls[0]?.name).toBe('cap');
    expect(audit()[0]).toMatchObject({ function_arn: lambdaArn });
  });
});

it("nobody is asked about the organization's own mailboxes, whatever is set", async () => {
  const { options, calls } = world({ cap: free }, [{ domain: 'example.com', lambdaArn: ARN }]);
  expect(errors(await askFreeBusy(options, question('bob@example.com')))).toEqual([
    'ERROR_FREE_BUSY_GENERATION_FAILED',
  ]);
  expect(calls).toEqual([]);
});

describe('failures', () => {
  it('[A2] [A3] a function has 25 s; then its mailboxes fail and the others do not', async () => {
    const hang: Act = () => new Promise(() => undefined);
    const { options } = world(
      { cap: hang, other: free },
      [
        { domain: 'partner.example', lambdaArn: ARN },
        { domain: 'second.example', lambdaArn: ARN.replace(':cap', ':other') },
      ],
      125,
    );
    const begun = performance.now();
    const results = await askFreeBusy(options, question('a@partner.example', 'b@second.example'));
    const tookMs = performance.now() - begun;
    expect(errors(results)).toEqual(['ERROR_TIMEOUT_EXPIRED', 'times']);
    // 125 times faster than 25 s.
    expect(PROVIDER_TIMEOUT_MS).toBe(25_000);
    expect(tookMs).toBeGreaterThanOrEqual(199);
    expect(tookMs).toBeLessThan(1500);
  });

  it.each([
    [
      'throws',
      { kind: 'error', errorType: 'TypeError', errorMessage: 'secret' },
      'ERROR_FREE_BUSY_GENERATION_FAILED',
    ],
    ['crashes', { kind: 'crash', why: 'signal SIGKILL' }, 'ERROR_FREE_BUSY_GENERATION_FAILED'],
    ['is killed at its own time-out', { kind: 'timeout' }, 'ERROR_TIMEOUT_EXPIRED'],
    ['answers nonsense', 'nonsense', 'ERROR_RESPONSE_SCHEMA_VALIDATION'],
    ['leaves the mailbox out', { mailboxes: [] }, 'ERROR_RESPONSE_SCHEMA_VALIDATION'],
  ])('[A3] a function that %s', async (_, answer, error) => {
    const { options } = world({ cap: () => answer }, [{ domain: 'partner.example', lambdaArn: ARN }]);
    const results = await askFreeBusy(options, question('a@partner.example'));
    expect(errors(results)).toEqual([error]);
    expect(JSON.stringify(results)).not.toContain('secret');
    expect(audit()[0]).toMatchObject({
      availability_event_successful: false,
      error_message: expect.any(String),
    });
  });

  it.each([
    ['MailboxNotFound', 'ERROR_MAIL_RECIPIENT_NOT_FOUND'],
    ['ErrorAvailabilityConfigNotFound', 'ERROR_AVAILABILITY_CONFIG_NOT_FOUND'],
    ['ErrorServerBusy', 'ERROR_SERVER_BUSY'],
    ['ErrorTimeoutExpired', 'ERROR_TIMEOUT_EXPIRED'],
    ['ErrorFreeBusyGenerationFailed', 'ERROR_FREE_BUSY_GENERATION_FAILED'],
    ['ErrorResponseSchemaValidation', 'ERROR_RESPONSE_SCHEMA_VALIDATION'],
    ['ErrorNoFreeBusyAccess', 'ERROR_FREE_BUSY_GENERATION_FAILED'],
    ['constructor', 'ERROR_FREE_BUSY_GENERATION_FAILED'],
    ['', 'ERROR_FREE_BUSY_GENERATION_FAILED'],
  ])('[A11] the error %j of a mailbox becomes %s', async (error, word) => {
    const cap: Act = ({ mailboxes: [mailbox] }) => ({ mailboxes: [{ mailbox, error }] });
    const { options } = world({ cap }, [{ domain: 'partner.example', lambdaArn: ARN }]);
    expect(errors(await askFreeBusy(options, question('a@partner.example')))).toEqual([word]);
  });
});

it('cuts what a function says where a word is expected', async () => {
  const long = 'x'.repeat(1_000_000);
  const { options } = world(
    {
      cap: ({ mailboxes: [mailbox] }) => ({ mailboxes: [{ mailbox, error: long }] }),
      bad: () => ({ kind: 'error', errorType: long, errorMessage: '' }),
    },
    [
      { domain: 'partner.example', lambdaArn: ARN },
      { domain: 'second.example', lambdaArn: ARN.replace(':cap', ':bad') },
    ],
  );
  const results = await askFreeBusy(options, question('a@partner.example', 'b@second.example'));
  expect(errors(results)).toEqual(['ERROR_FREE_BUSY_GENERATION_FAILED', 'ERROR_FREE_BUSY_GENERATION_FAILED']);
  expect(JSON.stringify([results, audit()]).length).toBeLessThan(2000);
});

describe('the audit log', () => {
  it("[A9] has the guide's fields and no others", async () => {
    const { options } = world({ cap: free, bad: () => null }, [
      { domain: 'partner.example', lambdaArn: ARN },
      { domain: 'second.example', lambdaArn: ARN.replace(':cap', ':bad') },
    ]);
    await askFreeBusy(options, question('a@partner.example'));
    await askFreeBusy(options, question('b@second.example'));
    const common = {
      event_timestamp: NOW,
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      organization_arn: `arn:aws:workmail:us-east-1:123456789012:organization/${ID}`,
      user_id: 'S-1-5-21-1-2-3-1001',
      type: 'LAMBDA',
    };
    expect(audit()).toEqual([
      { ...common, domain: 'partner.example', function_arn: ARN, availability_event_successful: true },
      {
        ...common,
        domain: 'second.example',
        function_arn: ARN.replace(':cap', ':bad'),
        error_message: 'mailboxes: expected a list, got null',
        availability_event_successful: false,
      },
    ]);
    expect(JSON.stringify(audit())).not.toContain('a@partner.example');
  });

  it('[E22] AvailabilityProviderFailure counts what failed, and not the errors that a provider gives as its answer', async () => {
    const unknown: Act = ({ mailboxes: [mailbox] }) => ({
      mailboxes: [{ mailbox, error: 'MailboxNotFound' }],
    });
    const { options } = world({ cap: unknown, bad: () => null }, [
      { domain: 'partner.example', lambdaArn: ARN },
      { domain: 'second.example', lambdaArn: ARN.replace(':cap', ':bad') },
    ]);
    expect(await countProviderFailures(dataDir)).toBe(0);
    await askFreeBusy(options, question('a@partner.example', 'b@second.example'));
    await askFreeBusy(options, question('c@second.example'));
    expect(await countProviderFailures(dataDir)).toBe(2);
    expect(await countProviderFailures(dataDir, NOW)).toBe(2);
    expect(await countProviderFailures(dataDir, NOW + 1)).toBe(0);
  });
});
