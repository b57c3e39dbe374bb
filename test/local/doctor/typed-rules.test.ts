/** Flow rules as somebody types them, question by question. */
import { expect, test } from 'vitest';
import { askRules } from '../../../local/cli/doctor-rules.ts';

/** Answers in turn; Enter once they are used up. */
function typing(...answers: readonly string[]): {
  readonly question: () => Promise<string>;
  readonly left: () => number;
} {
  const rest = [...answers];
  return { question: async () => rest.shift() ?? '', left: () => rest.length };
}

test('nobody has to type them', async () => {
  expect(await askRules(typing('').question)).toBeUndefined();
  expect(await askRules(typing('n').question)).toBeUndefined();
});

test('a rule of each kind comes out as it was typed', async () => {
  const inbound = ['mailflow', 'runLambda', '', '', 'mailflow', '', 'junk', '60'];
  const journal = ['journal', 'runLambda', 'example.com', '*', 'journal', 'n'];
  const drop = ['spam', 'drop', 'bad.example, *.worse.example', ''];
  const terminal = typing(
    'y',
    ...inbound,
    ...journal,
    ...drop,
    '',
    'out',
    'bounce',
    'x@example.com',
    '*',
    '',
  );
  const typed = await askRules(terminal.question);
  expect(terminal.left()).toBe(0);
  expect(typed?.rules.inbound).toMatchObject([
    { name: 'mailflow', senders: ['*'], recipients: ['*'], fallback: 'junk', ruleTimeoutMs: 3_600_000 },
    { name: 'journal', mode: 'asynchronous', senders: ['example.com'] },
    { name: 'spam', action: 'drop', senders: ['bad.example', '*.worse.example'] },
  ]);
  expect(typed?.rules.outbound).toMatchObject([{ name: 'out', action: 'bounce' }]);
});

test('what WorkMail would not take is refused with a reason', async () => {
  const terminal = typing('y', 'bad', 'runLambda', '*', 'example.com', 'mailflow', '', 'junk', '60');
  await expect(askRules(terminal.question)).rejects.toThrow(/these rules cannot be/);
});
