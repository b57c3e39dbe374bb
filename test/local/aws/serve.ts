/** A stand-in in a process of its own, to be killed: `node serve.ts DATADIR` prints its URL. */
import { startAws } from '../../../local/aws/server.ts';
import { NOTHING_IN_TRANSIT } from './stand.ts';

const server = await startAws({
  dataDir: process.argv[2] ?? '',
  inTransit: NOTHING_IN_TRANSIT,
  region: 'us-east-1',
  account: '123456789012',
  port: 0,
});
process.stdout.write(`${server.url}\n`);
