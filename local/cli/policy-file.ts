/** Reads the policy that a command was given. */
import { readFile } from 'node:fs/promises';
import { type ParsedPolicy, parsePolicy } from '../../shared/policy/index.ts';
import { fileTrouble } from './usage.ts';

/** Parses `file`; throws WrongUse when it cannot be read. Bytes that are not UTF-8 show as a problem of the policy. */
export async function readPolicyFile(file: string): Promise<ParsedPolicy> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw fileTrouble('read', file, error);
  }
  return parsePolicy(text, file);
}
