/**
 * Where the random inputs of properties and fuzzers begin: MAILROOM_SEED, or else the commit. So the same commit is
 * tested with the same inputs, a red run can be repeated, and every commit brings new ones.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';

const MAX_SEED = 2 ** 31;
/** Hexadecimal digits of the commit: 28 bits. */
const DIGITS = 7;

export function seedOfRun(): number {
  const given = process.env['MAILROOM_SEED'];
  if (given !== undefined) return Number(given);
  const { stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' });
  return /^[0-9a-f]{40}/.test(stdout ?? '')
    ? Number.parseInt(stdout.slice(0, DIGITS), 16)
    : randomInt(MAX_SEED);
}
