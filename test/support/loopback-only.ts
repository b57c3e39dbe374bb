/**
 * Refuses every connection, datagram and look-up that would leave loopback, in the test process and (through
 * NODE_OPTIONS, set by test/run.ts) in every Node process that a test starts. A refusal is also written to
 * MAILROOM_NETWORK_LOG, so that code which swallows the error still fails the run.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import net from 'node:net';

const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost|)$/;

export class NetworkRefused extends Error {}

function refuse(what: string): NetworkRefused {
  const log = process.env['MAILROOM_NETWORK_LOG'];
  if (log !== undefined) appendFileSync(log, `${what}\n`);
  return new NetworkRefused(`not loopback: ${what}`);
}

function targetOf(args: unknown[]): string {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (typeof first === 'object' && first !== null) {
    if ('path' in first && typeof first.path === 'string') return '';
    return 'host' in first && typeof first.host === 'string' ? first.host : '';
  }
  if (typeof first === 'string' && Number.isNaN(Number(first))) return '';
  return typeof args[1] === 'string' ? args[1] : '';
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function guarded(this: net.Socket, ...args: unknown[]) {
  const host = targetOf(args);
  if (!LOOPBACK.test(host)) {
    this.destroy(refuse(`connect ${host}`));
    return this;
  }
  return Reflect.apply(connect, this, args) as net.Socket;
} as typeof connect;

const send = dgram.Socket.prototype.send;
dgram.Socket.prototype.send = function guarded(this: dgram.Socket, ...args: unknown[]) {
  const host = args.find((arg, index) => index > 0 && typeof arg === 'string');
  if (typeof host === 'string' && !LOOPBACK.test(host)) throw refuse(`send ${host}`);
  return Reflect.apply(send, this, args) as undefined;
} as typeof send;

const lookup = dns.lookup;
dns.lookup = ((host: string, ...rest: unknown[]) => {
  if (LOOPBACK.test(host) || net.isIP(host) !== 0) return Reflect.apply(lookup, dns, [host, ...rest]);
  const callback = rest.at(-1);
  const error = Object.assign(refuse(`lookup ${host}`), { code: 'ENOTFOUND' });
  if (typeof callback === 'function') process.nextTick(() => callback(error));
}) as typeof lookup;

const setServers = dns.Resolver.prototype.setServers;
dns.Resolver.prototype.setServers = function guarded(servers: readonly string[]) {
  for (const server of servers) {
    const host = server.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^([^:]*):\d+$/, '$1');
    if (!LOOPBACK.test(host)) throw refuse(`DNS server ${server}`);
  }
  Reflect.apply(setServers, this, [servers]);
};
