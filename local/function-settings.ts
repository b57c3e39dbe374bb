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

interface Setting {
  readonly flag: string;
  readonly value: 'FILE' | 'VALUE';
  readonly name: RegExp;
  /** What `name` asks for, in words. */
  readonly names: string;
}

const SET: Setting = {
  flag: 'set',
  value: 'VALUE',
  name: SETTABLE,
  names: 'POLICY_URI or a name that begins with MAILROOM_',
};
const TEMPLATE_PARAMETER: Setting = {
  flag: 'template-parameter',
  value: 'VALUE',
  name: TEMPLATE_PARAMETER_NAME,
  names: 'letters and digits',
};
const PARAMETER: Setting = {
  flag: 'parameter',
  value: 'FILE',
  name: PARAMETER_NAME,
  names: 'letters, digits, ".", "_", "-" and slashes',
};

function split({ flag, value, name, names }: Setting, text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1)
    throw new WrongUse(`--${flag} takes NAME=${value}, not "${text}"`);
  const key = text.slice(0, equals);
  if (!name.test(key))
    throw new WrongUse(`--${flag} takes NAME=${value}, with a NAME of ${names}; got "${key}"`);
  return [key, text.slice(equals + 1)];
}

/** Environment variables that the functions get instead of the stand-in's. Throws WrongUse. */
export function parseSettings(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(texts.map((text) => split(SET, text)));
}

/** Parameters of the template; the template says which there are, and what they may be. Throws WrongUse. */
export function parseTemplateParameters(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(texts.map((text) => split(TEMPLATE_PARAMETER, text)));
}

/** Files by the name of the SSM parameter that has their text. Throws WrongUse. */
export function parseParameters(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const [name, file] = split(PARAMETER, text);
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
