/** The process that `kill.test.ts` kills. Arguments: data directory, number of the first message, how many. */
import { createFlow } from '../../../local/flow/flow.ts';
import { ASK_BOTH_WAYS, deliverAll, outbound, people } from './support.ts';

const [dataDir = '', first = '0', count = '0'] = process.argv.slice(2);
const JOURNALING =
  'native: {journaling: {journalAddress: carol@example.com, reportAddress: alice@example.com}}';
const flow = createFlow({
  organization: people(`${ASK_BOTH_WAYS}\n${JOURNALING}\n`),
  dataDir,
  lambda: { invoke: async () => deliverAll() },
  sign: async (bytes) => bytes,
  envelopeSender: () => 'b@amazonses.com',
  sesClient: { address: '198.51.100.129', name: 'ses.example', helo: 'ses.example' },
  receive: async ({ bytes }) => ({ bytes, verdicts: { spf: 'PASS', dkim: 'PASS', dmarc: 'PASS' } }),
  now: Date.now,
  timeScale: 0.001,
  concurrency: 4,
});
await flow.start();
const numbers = Array.from({ length: Number(count) }, (_, index) => Number(first) + index);
await Promise.all(
  numbers.map(async (number) => {
    await new Promise((resolve) => setTimeout(resolve, (number - Number(first)) * 2));
    const message = outbound(['bob@example.com', 'w@world.example']);
    const bytes = Buffer.from(
      Buffer.from(message.bytes).toString().replace('Subject: Out', `Subject: n${number}.`),
    );
    await flow.spool.accept({ ...message, bytes });
    process.stdout.write(`accepted ${number}\n`);
  }),
);
await flow.idle();
await flow.stop();
