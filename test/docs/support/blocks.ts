/** The code blocks of a page, as GitHub's Markdown has them: three back-ticks and an info string. */
import { readFileSync } from 'node:fs';

/**
 * How a shell block is shown to work. `run`: the tests run it. `aws`, `sam`: it needs an AWS account, or SAM and Docker,
 * and the page says so. `once`: set-up of a clone, which every run of the suite has behind it.
 */
export type ShellKind = 'run' | 'aws' | 'sam' | 'once';

export interface Block {
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** The whole info string. */
  readonly info: string;
  readonly text: string;
}

const KINDS: Readonly<Record<string, ShellKind>> = {
  sh: 'run',
  'sh aws': 'aws',
  'sh sam': 'sam',
  'sh once': 'once',
};

export function readBlocks(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; info: string; text: string[] } | undefined;
  for (const [index, line] of readFileSync(page, 'utf8').split('\n').entries()) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (fence === null) open?.text.push(line);
    else if (open === undefined) open = { line: index + 1, info: (fence[1] ?? '').trim(), text: [] };
    else {
      blocks.push({ line: open.line, info: open.info, text: open.text.join('\n') });
      open = undefined;
    }
  }
  return blocks;
}

/** Undefined: not a shell block. */
export function shellKind(block: Block): ShellKind | undefined {
  return KINDS[block.info];
}
