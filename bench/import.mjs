// Times the import of a module in this fresh process, then of those that it loads only when they are needed. Plain
// JavaScript, so that no types are stripped meanwhile. Arguments: file URLs, the entry first.
const [entry, ...later] = process.argv.slice(2);
const begun = performance.now();
await import(entry);
const importMs = performance.now() - begun;
for (const url of later) await import(url);
const withLaterMs = performance.now() - begun;
process.stdout.write(JSON.stringify({ importMs, withLaterMs }));
