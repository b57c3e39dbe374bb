// One call of a bundled rule in this fresh process, and the most memory that the process ever had. Plain JavaScript, so
// that no types are stripped meanwhile. Arguments: the URL of the bundle, and the event.
import { readFileSync } from 'node:fs';

const [url, event] = process.argv.slice(2);
const { handler } = await import(url);
const begun = performance.now();
const answer = await handler(JSON.parse(event), { getRemainingTimeInMillis: () => 15_000 });
const ms = Math.round(performance.now() - begun);
const peakKb = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);
process.stdout.write(`\n${JSON.stringify({ ms, peakMb: Math.round(peakKb / 1024), answer })}\n`);
