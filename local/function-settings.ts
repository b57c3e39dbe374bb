/**
 * `--set NAME=VALUE`, `--parameter NAME=FILE` and `--template-parameter NAME=VALUE`: functions set up otherwise than the
 * stand-in would, as on AWS.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PermanentError } from '../shared/errors.ts';
import type { Parameter } from './aws/secrets.ts';
import { WrongUse } from './cli/usage.ts';

/** Names that the functions read; the names of Lambda and the SDK are the host's. */
const SETTABLE = /^(POLICY_URI|MAILROOM_[A-Z_]{1,40})$/;
/** Systems Manager: the characters of a name. */
const PARAMETER_NAME = /^[A-Za-z0-9_./-]{1,1011}$/;

/** CloudFormation: the logical name of a parameter. */
const TEMPLATE_PARAMETER_NAME = /^[A-Za-z0-9]{1,255}$/;

function split(flag: string, text: string, name: RegExp): readonly [string, string] {
  const equals = text.indexOf('=');
  const key = text.slice(0, Math.max(equals, 0));
  if (!name.test(key) || equals === text.length - 1)
    throw new WrongUse(`--${flag} takes NAME=${flag === 'parameter' ? 'FILE' : 'VALUE'}, not "${text}"`);
  return [key, text.slice(equals + 1)];
}

/** Environment variables that the functions get instead of the stand-in's. Throws WrongUse. */
export function parseSettings(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(texts.map((text) => split('set', text, SETTABLE)));
}

/** Parameters of the template; the template says which there are, and what they may be. Throws WrongUse. */
export function parseTemplateParameters(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(texts.map((text) => split('template-parameter', text, TEMPLATE_PARAMETER_NAME)));
}

/** Files by the name of the SSM parameter that has their text. Throws WrongUse. */
export function parseParameters(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const [name, file] = split('parameter', text, PARAMETER_NAME);
      return [name, resolve(file)] as const;
    }),
  );
}

/** Reads the files once. Throws PermanentError that names the one which cannot be read. */
export async function loadParameters(
  files: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Parameter>> {
  const parameters = new Map<string, Parameter>();
  for (const [name, file] of files) {
    const value = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new PermanentError(
        `--parameter ${name}: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
    parameters.set(name, { type: 'SecureString', value });
  }
  return parameters;
}
