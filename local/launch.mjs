#!/usr/bin/env node
// Plain JavaScript, so that any Node can read it: finds the Node that Lambda runs (nodejs24.x), says clearly when it
// is missing, and hands over. `mailroom …` and every npm script come through here.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const LAMBDA_MAJOR = 24;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const ownMajor = Number(process.versions.node.split('.')[0]);

function chooseNode() {
  if (existsSync(pinned)) return pinned;
  if (ownMajor === LAMBDA_MAJOR) return process.execPath;
  process.stderr.write(
    `mailroom: this needs Node ${LAMBDA_MAJOR}, the version that Lambda runs; this is Node ${process.versions.node}.\n` +
      `The repository brings it as a package: run "npm ci" (with install scripts allowed) in ${root} and try again.\n`,
  );
  process.exit(2);
}

const args = process.argv.slice(2);
const isScript = args[0] === '--run' && args[1] !== undefined;
const script = isScript ? join(root, args[1]) : join(root, 'local', 'cli', 'main.ts');
const child = spawn(chooseNode(), [script, ...(isScript ? args.slice(2) : args)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  process.stderr.write(`mailroom: ${error.message}\n`);
  process.exit(2);
});
child.on('exit', (code, signal) =>
  process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0)),
);
