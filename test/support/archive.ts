/** A MessageArchive from literal values, for the page's tests. */
import type { MessageArchive, MessageSummary, TraceEntry } from '../../local/types.ts';

export interface StoredMessage {
  readonly summary: MessageSummary;
  readonly trace: readonly TraceEntry[];
  readonly original: string;
  readonly final: string;
}

export function archiveOf(
  initial: readonly StoredMessage[],
): MessageArchive & { add(message: StoredMessage): void } {
  const messages = [...initial];
  const listeners = new Set<(summary: MessageSummary) => void>();
  const find = (id: string) => messages.find((message) => message.summary.id === id);
  return {
    list: (limit) =>
      Promise.resolve(
        messages
          .map((message) => message.summary)
          .reverse()
          .slice(0, limit),
      ),
    summary: (id) => Promise.resolve(find(id)?.summary),
    trace: (id) => Promise.resolve(find(id)?.trace),
    content(id, which) {
      const message = find(id);
      return Promise.resolve(message === undefined ? undefined : Buffer.from(message[which], 'latin1'));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add(message) {
      messages.push(message);
      for (const listener of listeners) listener(message.summary);
    },
  };
}

export function storedMessage(
  id: string,
  subject: string,
  original: string,
  final = original,
): StoredMessage {
  return {
    summary: {
      id,
      time: '2026-11-20T10:00:00.000Z',
      direction: 'inbound',
      origin: 'world',
      mailFrom: 'sender@good.example',
      recipients: ['alice@example.com'],
      subject,
      bytes: original.length,
      state: 'done',
      outcomes: [{ recipient: 'alice@example.com', outcome: 'Inbox' }],
    },
    trace: [
      {
        time: '2026-11-20T10:00:00.000Z',
        kind: 'received',
        text: 'Came in from mail.good.example.',
        data: {},
      },
      {
        time: '2026-11-20T10:00:00.100Z',
        kind: 'invoke',
        text: 'The rule called mailflow.',
        data: {
          logs: [
            { event: 'decision', step: 'dmarc', outcome: 'default', reason: 'pass', text: 'DMARC passes' },
          ],
        },
      },
    ],
    original,
    final,
  };
}
