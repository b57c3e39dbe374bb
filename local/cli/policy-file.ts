/** Reads the policy that a command was given. */
import { readFile } from 'node:fs/promises';
import { type ParsedPolicy, readPolicy } from '../../shared/policy/index.ts';
import { fileTrouble } from './usage.ts';

/**
 * Parses `file`, as of now; throws WrongUse when it cannot be read. Bytes that are not UTF-8 show as a problem of the policy.
 * With `refuseExpired`, an exception that has expired is an error.
 */
export async function readPolicyFile(
  file: string,
  { refuseExpired = false }: { readonly refuseExpired?: boolean } = {},
): Promise<ParsedPolicy> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw fileTrouble('read', file, error);
  }
  return readPolicy(text, file, { now: Date.now(), refuseExpired });
}
