/**
 * Runs the probe by hand: `node test/local/aws/s3/probe/run.ts --endpoint URL` prints a table and ends with 1 when a
 * promise is broken; `--only TEXT` takes the cases with that in their name. Credentials and region come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION; any do for
 * the stand-in. It makes buckets named `probe-…` and leaves them.
 */
import { parseArgs } from 'node:util';
import { CASES } from './cases/index.ts';
import { clientFor, makeBuckets } from './probe.ts';

const { values } = parseArgs({
  options: { endpoint: { type: 'string' }, only: { type: 'string', default: '' } },
});
if (values.endpoint === undefined) {
  process.stderr.write('usage: run.ts --endpoint URL [--only TEXT]\n');
  process.exit(2);
}
const s3 = clientFor(values.endpoint);
const buckets = await makeBuckets(s3);
const cases = CASES.filter(({ name }) => name.includes(values.only));
let broken = 0;
for (const { name, run } of cases) {
  const reason = await run({ s3, ...buckets }).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
  );
  if (reason !== undefined) broken += 1;
  process.stdout.write(`${reason === undefined ? 'kept  ' : 'BROKEN'}  ${name}\n`);
  if (reason !== undefined) process.stdout.write(`        ${reason.split('\n')[0]}\n`);
}
process.stdout.write(`${cases.length - broken} kept, ${broken} broken\n`);
s3.destroy();
process.exitCode = broken === 0 ? 0 : 1;
