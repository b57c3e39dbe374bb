/** `mailroom doctor` as it is typed: what it prints, and how it ends. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { run } from '../../../local/cli/doctor.ts';
import { mailIn } from '../../support/stand-in.ts';
import { DIST, ORGANIZATION, ROOT, rulesText, type World } from './world.ts';

interface Ended {
  readonly code: number | null;
  readonly out: string;
}

/** In a process of its own. */
function typed(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [join(ROOT, 'local/cli/main.ts'), 'doctor', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
  return new Promise((done) => child.once('close', (code) => done({ code, out })));
}

/** In this process, which has it loaded already. */
async function doctor(...args: readonly string[]): Promise<Ended> {
  const out: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => out.push(String(chunk)) > 0);
  const code = await run([...args]);
  vi.restoreAllMocks();
  return { code, out: out.join('') };
}

const TARGET = ['--organization-id', ORGANIZATION, '--region', 'us-east-1', '--dist', DIST] as const;

function endTests(common: () => readonly string[], rulesFile: () => string, world: () => World): void {
  test('says Connected and ends with 0', async () => {
    const { code, out } = await typed(...common(), '--rules', rulesFile());
    expect(out).toMatch(/\nConnected: \d+ fine, 0 to look at, 0 wrong, 0 not known\.\n$/);
    expect(out).toContain('\nFunctions\n');
    expect(code).toBe(0);
  });

  test('prints the steps through the console, filled in, for whoever has not told the rules', async () => {
    const { code, out } = await doctor(...common());
    expect(out).toContain('Nothing wrong was found, and not all could be looked at');
    expect(out).toContain('arn:aws:lambda:us-east-1:123456789012:function:mailflow');
    expect(out).toMatch(/Inbound rules, Create:[\s\S]*Deliver to junk folder[\s\S]*Outbound rules, Create:/);
    expect(code).toBe(0);
  });

  test('--json has the same findings, and a failure ends with 1', async () => {
    const shadowed = join(world().standIn.data, 'shadowed.yaml');
    const trap = '  - { name: trap, action: drop, senders: "*", recipients: "*" }';
    writeFileSync(shadowed, rulesText({ inbound: trap }));
    const { code, out } = await doctor(...common(), '--rules', shadowed, '--json');
    const report: unknown = JSON.parse(out);
    expect(report).toMatchObject({
      verdict: 'failed',
      summary: { fail: 1, warn: 0, unknown: 0 },
      findings: expect.arrayContaining([
        expect.objectContaining({ id: 'rule-shadowed', level: 'fail', mend: expect.any(String) }),
      ]),
    });
    expect(code).toBe(1);
  });

  test('says that nothing can be said where nobody answers, and ends with 1', async () => {
    const { code, out } = await doctor(...TARGET, '--endpoint', 'http://127.0.0.1:1');
    expect(out).toMatch(/\? {4}credentials .*had no answer: ECONNREFUSED/);
    expect(out).toMatch(
      /\nNothing can be said: credentials, organization and stack are not all known\. 0 fine, 0 to look at, 0 wrong, \d+ not known\.\n/,
    );
    expect(code).toBe(1);
  });
}

function probeTests(common: () => readonly string[], rulesFile: () => string, world: () => World): void {
  const BOB = 'bob@example.com';
  const flags = ['--probe', '--to', BOB, '--from', 'ann@good.example', '--smtp'];
  const smtp = () => `127.0.0.1:${world().standIn.ports.smtp}`;

  test('--probe sends one message and follows it to the rule and to the mailbox', async () => {
    const { code, out } = await doctor(...common(), '--rules', rulesFile(), ...flags, smtp(), '--yes');
    expect(out).toMatch(/ok {3}probe-arrived \(bob@example\.com\): It came, and is in the folder/);
    expect(out).toContain('ok   probe-rule (bob@example.com): The rule "mailflow" acted on the probe.');
    expect(code).toBe(0);
    const { data } = world().standIn;
    const copies = [...(await mailIn(data, BOB, 'Inbox')), ...(await mailIn(data, BOB, 'Junk'))];
    expect(copies.filter(({ bytes }) => bytes.includes('Mailroom probe'))).toHaveLength(1);
  });

  test('--probe sends nothing when nobody says yes, and says so of a server that is not there', async () => {
    const unasked = await doctor(...common(), '--rules', rulesFile(), ...flags, smtp());
    expect(unasked.out).toContain('?    probe-arrived (bob@example.com): Nothing was sent.');
    const nobody = await doctor(...common(), '--rules', rulesFile(), ...flags, '127.0.0.1:1', '--yes');
    expect(nobody.out).toMatch(/probe-arrived .*could not be handed over to 127\.0\.0\.1:1/);
    expect(nobody.code).toBe(0);
  });
}

/** The tests of the command; `world` is open once they run. */
export function commandTests(world: () => World): void {
  let rulesFile = '';
  beforeAll(() => {
    rulesFile = join(world().standIn.data, 'rules.yaml');
    writeFileSync(rulesFile, rulesText());
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const common = () => [...TARGET, '--endpoint', world().endpoint];
  endTests(common, () => rulesFile, world);
  probeTests(common, () => rulesFile, world);

  test('ends with 2 after wrong use', async () => {
    const { code, out } = await typed('--organization-id', 'example');
    expect(out).toContain('--organization-id takes m- and 32');
    expect(code).toBe(2);
  });
}
