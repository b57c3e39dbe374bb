// Times a reader of messages in this fresh process. Plain JavaScript, so that no types are stripped meanwhile.
// Arguments: the URL of a module with `work(bytes)`, a file, how many calls at most, and the milliseconds after which
// there is no further one. Without a file it only tells what the process takes with nothing loaded.
import { readFileSync } from 'node:fs';

// Of this process alone: what getrusage tells may be that of the one that started it (execve(2) keeps it).
function peakBytes() {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'));
    if (line !== null) return Number(line[1]) * 1024;
  } catch {
    // There is no /proc.
  }
  return process.resourceUsage().maxRSS * 1024;
}

const [url, file, calls, budgetMs] = process.argv.slice(2);

async function measure() {
  if (!file) return { peakBytes: peakBytes() };
  const { work } = await import(url);
  const bytes = readFileSync(file);
  const timesMs = [];
  let result;
  let peak;
  for (
    let spentMs = 0;
    timesMs.length < Number(calls) && (timesMs.length === 0 || spentMs < Number(budgetMs));
  ) {
    const begun = performance.now();
    result = await work(bytes);
    const ms = performance.now() - begun;
    timesMs.push(ms);
    spentMs += ms;
    // Of one message: further calls only add what was not collected yet.
    peak ??= peakBytes();
  }
  return { timesMs, peakBytes: peak, result };
}

process.stdout.write(JSON.stringify(await measure()));
