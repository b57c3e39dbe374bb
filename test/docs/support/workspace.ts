/**
 * A folder that looks like a fresh clone to whoever follows a page of the docs, with what a reader has by then: a policy and
 * a message of the own. A stand-in that a page starts gets free ports, and the page's port numbers are replaced by them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { temporaryFolder } from '../../support/folders.ts';
import { type Ports, until } from '../../support/stand-in.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const DEBIANS_AWS = '/usr/bin/aws';
const COMMAND_TIMEOUT_MS = 30_000;
/** What a clone has and a reader does not write into. */
const SHARED = ['node_modules', 'shared', 'handlers', 'local', 'test', 'docs', 'dist', 'package.json'];
const DEFAULT_PORTS: Readonly<Record<keyof Ports, string>> = {
  smtp: '2525',
  submission: '2587',
  http: '8025',
  aws: '8026',
  dns: '8053',
};

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

export interface Workspace {
  /** Runs one block with bash; a stand-in that it starts goes on beside the blocks that follow. */
  run(block: string): Promise<Outcome>;
  close(): Promise<void>;
}

/** `npm` and `npx` as one script, so that a block does not wait for npm's own start; what they run is the real thing. */
const SHIM = `#!/usr/bin/env bash
name=$(basename "$0")
if [ "$name" = npx ]; then [ "$1" = mailroom ] || exit 127; shift; exec "$MAILROOM_NODE" "$MAILROOM_ROOT/local/launch.mjs" "$@"; fi
[ "$1" = run ] && shift
command=$1; shift; [ "\${1-}" = -- ] && shift
case $command in
  build|package|start) exec "$MAILROOM_NODE" "$MAILROOM_ROOT/local/launch.mjs" "$command" "$@" ;;
  *) echo "npm $command is not for a page's reader here" >&2; exit 127 ;;
esac
`;

export function openWorkspace(): Workspace {
  const folder = temporaryFolder('docs');
  const bin = join(folder, '.bin');
  for (const name of SHARED) symlinkSync(join(ROOT, name), join(folder, name));
  for (const name of ['events', 'template.yaml', 'samconfig.toml'])
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  mkdirSync(bin);
  for (const name of ['npm', 'npx']) writeFileSync(join(bin, name), SHIM, { mode: 0o755 });
  // Debian's, which the checks install, before whatever a Python manager has put on the path.
  if (existsSync(DEBIANS_AWS)) symlinkSync(DEBIANS_AWS, join(bin, 'aws'));
  writeReadersFiles(folder);
  let standIn: StandIn | undefined;
  return {
    async run(block) {
      const [start, rest] = splitStart(block);
      if (start !== undefined) {
        await standIn?.stop();
        standIn = await startStandIn(folder, bin, start);
      }
      return rest.trim() === '' ? { code: 0, output: '' } : runBash(folder, bin, standIn?.ports, rest);
    },
    close: async () => standIn?.stop(),
  };
}

/** The policy that a reader has written, beside its calendars, and a message saved from a mail program. */
function writeReadersFiles(folder: string): void {
  const sample = join(ROOT, 'local/sample');
  cpSync(join(sample, 'calendars'), join(folder, 'calendars'), { recursive: true });
  cpSync(join(sample, 'policy.yaml'), join(folder, 'policy.yaml'));
  cpSync(join(sample, 'organization.yaml'), join(folder, 'organization.yaml'));
  cpSync(join(sample, 'zone.db'), join(folder, 'zone.db'));
  const message = readdirSync(join(ROOT, 'events')).find((name) => name.endsWith('.eml'));
  if (message !== undefined) cpSync(join(ROOT, 'events', message), join(folder, 'message.eml'));
}

/** A line that starts the stand-in, with what a reader types in another terminal after it. */
function splitStart(block: string): [string | undefined, string] {
  const lines = block.split('\n');
  const at = lines.findIndex((line) => /\b(npm start|npx mailroom start)\b/.test(line));
  if (at === -1) return [undefined, block];
  const flags = (lines[at] ?? '').replace(/^.*?(npm start|npx mailroom start)(\s+--(?=\s))?/, '');
  return [flags, lines.toSpliced(at, 1).join('\n')];
}

interface StandIn {
  readonly ports: Ports;
  stop(): Promise<void>;
}

function environment(bin: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    MAILROOM_NODE: process.execPath,
    MAILROOM_ROOT: ROOT,
  };
}

async function startStandIn(folder: string, bin: string, flags: string): Promise<StandIn> {
  const ports = Object.keys(DEFAULT_PORTS)
    .filter((name) => !flags.includes(`--${name}-port`))
    .map((name) => `--${name}-port 0`)
    .join(' ');
  const data = /--data (\S+)/.exec(flags)?.[1] ?? '.mailroom';
  const dist = flags.includes('--dist') ? '' : `--dist ${join(ROOT, 'dist')}`;
  const child = spawn('bash', ['-c', `exec npm start -- ${flags} ${ports} ${dist}`], {
    cwd: folder,
    env: environment(bin),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  const found = await until('the stand-in of the page', () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output()}`);
    return readPorts(join(folder, data, 'ports.json'));
  });
  return {
    ports: found,
    async stop() {
      if (child.exitCode !== null) return;
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function readPorts(file: string): Ports | undefined {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function collect(child: ChildProcess): () => string {
  let output = '';
  const add = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  return () => output;
}

async function lastMessage(ports: Ports): Promise<string> {
  const answer: unknown = await (await fetch(`http://127.0.0.1:${ports.http}/api/messages`)).json();
  const first: unknown = Array.isArray(answer) ? answer[0] : undefined;
  return typeof first === 'object' && first !== null && 'id' in first ? String(first.id) : 'none';
}

async function runBash(
  folder: string,
  bin: string,
  ports: Ports | undefined,
  block: string,
): Promise<Outcome> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', await adapted(block, ports)], {
    cwd: folder,
    env: environment(bin),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: COMMAND_TIMEOUT_MS,
  });
  const output = collect(child);
  const code = await new Promise<number>((done) => child.once('close', (status) => done(status ?? 1)));
  return { code, output: output() };
}

/** The page's ports become those of the running stand-in, and ID the message that came last. */
async function adapted(block: string, ports: Ports | undefined): Promise<string> {
  if (ports === undefined) return block;
  let text = block;
  for (const [name, port] of Object.entries(ports)) {
    const written = Object.entries(DEFAULT_PORTS).find(([known]) => known === name)?.[1];
    if (written !== undefined)
      text = text.replaceAll(new RegExp(`(?<=:|port )${written}\\b`, 'g'), String(port));
  }
  return /\bID\b/.test(text) ? text.replaceAll(/\bID\b/g, await lastMessage(ports)) : text;
}
