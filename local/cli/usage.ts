/** How commands read their arguments and say that they were called wrongly. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Exit codes of every command. */
export const EXIT = {
  /** Nothing to complain about. */
  fine: 0,
  /** The command did its work and found something wrong. */
  findings: 1,
  /** The command was called wrongly, or what it was given cannot be read. */
  wrongUse: 2,
} as const;

/** The command cannot do what was asked, because of how it was asked. `main` prints it. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
}

/** `parseArgs` of node:util, strict; throws WrongUse with one clear line. */
export function readArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Node's first sentence says what is wrong; the others are about positional arguments that begin with a dash.
    throw new WrongUse(error.message.split(/\. To specify|\.?\n/)[0] ?? error.message);
  }
}

/** The one line that a person needs of an error of the file system. */
export function fileTrouble(action: string, file: string, error: unknown): WrongUse {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EISDIR: 'it is a folder',
    EACCES: 'it is not readable for you',
    EEXIST: 'it is there already',
  };
  const why = typeof code === 'string' ? (known[code] ?? code) : String(error);
  return new WrongUse(`cannot ${action} ${file}: ${why}`);
}
