/** Collects what is wrong with one policy file, so that its author sees all of it at once. */
import { MAX_POLICY_PROGRAM, type PatternEngine } from './text-pattern.ts';
import type { Problem } from './types.ts';

/**
 * More errors, or warnings, than a person reads; stops a hostile file from filling memory and the log with messages.
 * Counted apart: no number of warnings may keep an error from being told.
 */
export const MAX_PROBLEMS = 100;
/** Longest piece of the file that a message repeats. */
const MAX_QUOTE = 60;

/** A place in the file that a problem can be pinned to. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly path: string;
}

export interface Report {
  /** Compiles the patterns of the file; undefined where none was expected. */
  readonly patternEngine: PatternEngine | undefined;
  /** Counts the instructions of one more pattern; false where all together are too many. */
  addPattern(instructions: number): boolean;
  error(place: Place, message: string): void;
  warn(place: Place, message: string): void;
  /** In file order, errors and warnings together. */
  problems(): readonly Problem[];
}

export function createReport(file: string, patternEngine?: PatternEngine): Report {
  const found: Problem[] = [];
  const count = { error: 0, warning: 0 };
  let instructions = 0;
  const add = (place: Place, message: string, severity: Problem['severity']): void => {
    const { line, column, path } = place;
    if (count[severity]++ < MAX_PROBLEMS) found.push({ file, line, column, path, message, severity });
  };
  return {
    patternEngine,
    addPattern(more) {
      instructions += more;
      return instructions <= MAX_POLICY_PROGRAM;
    },
    error: (place, message) => add(place, message, 'error'),
    warn: (place, message) => add(place, message, 'warning'),
    problems: () => found.toSorted((a, b) => a.line - b.line || a.column - b.column),
  };
}

/** A piece of the file in quotes, cut short and on one line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}…` : text);
}

/** `file:line:column: severity: path: message`, which editors and terminals turn into a link. */
export function formatProblem(problem: Problem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path === '' ? '' : `${problem.path}: `;
  return `${where}: ${problem.severity}: ${path}${problem.message}`;
}
