/** The organization file changes under a stand-in that runs. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadLiveRules } from '../../local/live-rules.ts';
import type { LogRecord } from '../../shared/log.ts';
import { createWorld, inbound, PEOPLE } from './flow/support.ts';
import { ALICE } from './flow/worlds.ts';

let folder: string;
let file: string;
let logged: LogRecord[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailroom-rules-'));
  file = join(folder, 'organization.yaml');
  logged = [];
});
afterEach(() => rm(folder, { recursive: true }));

const rule = (name: string, action = 'drop') =>
  `flowRules:\n  inbound:\n    - {name: ${name}, action: ${action}, senders: "*", recipients: "*"}\n`;
const write = (rules: string, people = PEOPLE) => writeFileSync(file, people + rules);

async function opened() {
  write(rule('one'));
  const { organization, notices } = await loadLiveRules(file, (record) => logged.push(record));
  // A copy, such as other parts of the stand-in make.
  const copy = { ...organization };
  return { names: () => copy.rules.inbound.map(({ name }) => name), notices, organization };
}

describe('[R3] a new rule works at once', () => {
  it('for the next who asks, and is told', async () => {
    const { names, notices, organization } = await opened();
    expect(names()).toEqual(['one']);
    expect(logged).toEqual([]);
    write(rule('two'));
    expect(names()).toEqual(['two']);
    expect(organization.rules.outbound).toEqual([]);
    expect(notices()).toEqual([]);
    expect(logged).toMatchObject([{ level: 'info', event: 'rules' }]);
  });

  it('for the next message of a running mail flow', async () => {
    const { organization } = await opened();
    const world = await createWorld({ organization });
    await world.run(inbound([ALICE]));
    expect(world.mailbox(ALICE)).toEqual([]);
    write(rule('two', 'junk'));
    await world.run(inbound([ALICE]));
    expect(world.mailbox(ALICE, 'Junk')).toHaveLength(1);
    await world.close();
  });

  it('also where an editor puts another file in its place, of the same size', async () => {
    const { names } = await opened();
    writeFileSync(`${file}.new`, PEOPLE + rule('two'));
    renameSync(`${file}.new`, file);
    expect(names()).toEqual(['two']);
  });

  it.each([
    ['wrong', () => write(rule('two', 'explode')), /organization\.yaml:\d+:\d+: error: .*action/],
    ['half written', () => writeFileSync(file, PEOPLE.slice(0, 40)), /organization\.yaml:\d+/],
    ['gone', () => rmSync(file), /organization\.yaml cannot be read/],
    [
      'naming a function that does not run',
      () => write(rule('two'), PEOPLE.replace('name: beside', 'name: other')),
      /other functions or another SMTP gateway: start again/,
    ],
    ['naming a gateway that is not open', () => write(`${rule('two')}smtpGateway: sink\n`), /start again/],
  ])(
    'and not from a file that is %s: the old ones stay, and it is said until it is mended',
    async (_what, change, why) => {
      const { names, notices } = await opened();
      change();
      expect(names()).toEqual(['one']);
      expect(notices().join()).toMatch(why);
      expect(logged).toMatchObject([{ level: 'error', event: 'rules' }]);
      expect(JSON.stringify(logged)).not.toContain('@');
      write(rule('three'));
      expect(names()).toEqual(['three']);
      expect(notices()).toEqual([]);
    },
  );
});
