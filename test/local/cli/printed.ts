/** Runs a command in this process. */
import { vi } from 'vitest';

/** What it prints and its exit code; what it throws passes through. */
export async function printed(
  run: (args: string[]) => Promise<number>,
  args: readonly string[],
): Promise<{ readonly code: number; readonly text: string }> {
  const out: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  try {
    const code = await run([...args]);
    return { code, text: out.join('') };
  } finally {
    spy.mockRestore();
  }
}
