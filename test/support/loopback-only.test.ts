/** The guard itself: a run that could reach the network would prove nothing. */
import dgram from 'node:dgram';
import dns from 'node:dns';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net, { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from './folders.ts';

/** A documentation address (RFC 5737): nobody is there, and nothing must be asked whether anybody is. */
const OUTSIDE = '192.0.2.1';

let log: string;
let kept: string | undefined;
beforeEach(() => {
  // These refusals are wanted: they must not fail the whole run.
  log = join(temporaryFolder('guard'), 'network.log');
  kept = process.env['MAILROOM_NETWORK_LOG'];
  process.env['MAILROOM_NETWORK_LOG'] = log;
});
afterEach(() => {
  if (kept === undefined) delete process.env['MAILROOM_NETWORK_LOG'];
  else process.env['MAILROOM_NETWORK_LOG'] = kept;
});

describe('the loopback guard', () => {
  test('refuses a connection to elsewhere and writes it down', async () => {
    const [error] = await once(net.connect(25, OUTSIDE), 'error').catch((reason: unknown) => [reason]);
    expect(String(error)).toContain(`not loopback: connect ${OUTSIDE}`);
    expect(readFileSync(log, 'utf8')).toBe(`connect ${OUTSIDE}\n`);
  });

  test('refuses fetch to a name and to an address', async () => {
    await expect(fetch('http://example.com/')).rejects.toThrow();
    await expect(fetch(`http://${OUTSIDE}/`)).rejects.toThrow();
    expect(readFileSync(log, 'utf8')).toContain(OUTSIDE);
  });

  test('refuses datagrams, look-ups of names and resolvers elsewhere', async () => {
    const socket = dgram.createSocket('udp4');
    expect(() => socket.send('x', 53, OUTSIDE)).toThrow('not loopback');
    socket.close();
    await expect(
      new Promise((resolve, reject) =>
        dns.lookup('example.com', (error) => (error ? reject(error) : resolve(true))),
      ),
    ).rejects.toThrow('not loopback');
    expect(() => new dns.Resolver().setServers([`${OUTSIDE}:53`])).toThrow('not loopback');
  });

  test('lets loopback pass', async () => {
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const socket = net.connect(
      typeof address === 'object' && address !== null ? address.port : 0,
      '127.0.0.1',
    );
    const [data] = await once(socket, 'data');
    expect(String(data)).toBe('hello');
    server.close();
  });
});
