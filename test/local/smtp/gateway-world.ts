/** SMTP gateways on loopback, each broken in one way, and the certificates that they show. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach } from 'vitest';
import type { GatewaySettings } from '../../../local/smtp/gateway.ts';

export interface Taken {
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly content: string;
  readonly user: string;
  readonly method: string;
  readonly tls: string;
}

export interface GatewayServer {
  readonly settings: GatewaySettings;
  readonly taken: Taken[];
  close(): Promise<void>;
}

const folder = mkdtempSync(join(tmpdir(), 'mailroom-gateway-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

export function onClose(close: () => Promise<void>): void {
  closing.push(close);
}

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** The file of its authority. */
  readonly authority: string;
}

/** A key and a certificate of an authority made for it. @param name for whom it vouches. */
export function certificateFor(name: string, days = 2): Certificate {
  const base = join(folder, `${name}-${days}`);
  const openssl = (args: string): void => {
    execFileSync('openssl', args.split(' '), { cwd: folder, stdio: 'ignore' });
  };
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  openssl(`req -x509 ${newKey} -keyout ${base}.ca.key -out ${base}.ca.pem -days 2 -subj /CN=authority`);
  openssl(`req ${newKey} -keyout ${base}.key -out ${base}.csr -subj /CN=${name}`);
  writeFileSync(`${base}.ext`, `subjectAltName=DNS:${name}\n`);
  openssl(
    `x509 -req -in ${base}.csr -CA ${base}.ca.pem -CAkey ${base}.ca.key -CAcreateserial -out ${base}.pem -days ${days} -extfile ${base}.ext`,
  );
  return {
    key: readFileSync(`${base}.key`, 'utf8'),
    cert: readFileSync(`${base}.pem`, 'utf8'),
    authority: `${base}.ca.pem`,
  };
}

/**
 * Starts a gateway that takes the user `mailroom` with the password `secret`; `more` breaks it.
 * @param until whether it ends with this test, or is ended by the caller.
 */
export async function startGateway(
  { key, cert, authority }: Certificate,
  more: SMTPServerOptions = {},
  until: 'each' | 'all' = 'each',
): Promise<GatewayServer> {
  const taken: Taken[] = [];
  let method = '';
  const server = new SMTPServer({
    key,
    cert,
    authMethods: ['PLAIN', 'LOGIN'],
    logger: false,
    onAuth(auth, _session, callback) {
      method = auth.method;
      if (auth.username === 'mailroom' && auth.password === 'secret') callback(null, { user: 'mailroom' });
      else callback(new Error('Authentication credentials invalid'));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        taken.push({
          mailFrom: mailFrom === false ? '' : mailFrom.address,
          recipients: rcptTo.map(({ address }) => address),
          content: Buffer.concat(chunks).toString('latin1'),
          user: String(session.user),
          method,
          tls: String(session.tlsOptions === false ? '' : Reflect.get(session.tlsOptions, 'version')),
        });
        callback();
      });
    },
    ...more,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  if (until === 'each') onClose(close);
  const { port } = addressOf(server.server.address());
  return { settings: settingsFor(port, authority), taken, close };
}

export function addressOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return address;
}

export function settingsFor(port: number, authority: string): GatewaySettings {
  return {
    name: 'archive',
    address: 'localhost',
    port,
    user: 'mailroom',
    password: 'secret',
    caFile: authority,
  };
}
