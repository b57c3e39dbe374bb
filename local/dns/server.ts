/**
 * A name server for the stand-in's small world: authoritative for everything in its zone file, over UDP and TCP on
 * loopback (RFC 1035 §4.2, RFC 7766). No recursion: a name that is not in the file does not exist.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { answer } from './answer.ts';
import type { Zone } from './zone-data.ts';

export interface DnsServer {
  readonly host: string;
  /** The same for UDP and TCP. */
  readonly port: number;
  readonly zone: Zone;
  close(): Promise<void>;
}

/** A free UDP port may be taken for TCP; another is tried this often. */
const PORT_ATTEMPTS = 20;
/** RFC 7766 §6.2.3: an idle connection is closed, so that half-open ones cannot pile up. */
const TCP_IDLE_MS = 5_000;
const MAX_TCP_CONNECTIONS = 200;

/**
 * Serves a zone on loopback. `port` 0 takes a port that is free for both transports. Rejects with the system's error
 * when the port is taken.
 */
export async function startDns(options: {
  readonly zone: Zone;
  readonly port: number;
  readonly host?: string;
}): Promise<DnsServer> {
  const { zone, port, host = '127.0.0.1' } = options;
  const { udp, tcp } = await bindBoth(host, port);
  const connections = new Set<Socket>();
  udp.on('message', (query, peer) => {
    const response = answer(query, zone, 'udp');
    if (response !== undefined) udp.send(response, peer.port, peer.address);
  });
  // A datagram that could not be sent is lost, as datagrams are: the asker asks again.
  udp.on('error', () => undefined);
  tcp.maxConnections = MAX_TCP_CONNECTIONS;
  tcp.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    serveConnection(socket, zone);
  });
  return {
    host,
    port: udp.address().port,
    zone,
    async close() {
      for (const socket of connections) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

async function bindBoth(host: string, port: number): Promise<{ udp: UdpSocket; tcp: Server }> {
  for (let attempt = 1; ; attempt += 1) {
    const udp = createSocket('udp4');
    udp.bind(port, host);
    await once(udp, 'listening');
    const tcp = createServer();
    tcp.listen(udp.address().port, host);
    try {
      await once(tcp, 'listening');
      return { udp, tcp };
    } catch (error) {
      udp.close();
      if (port !== 0 || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** Questions one after the other, each after two octets of length (RFC 1035 §4.2.2). */
function serveConnection(socket: Socket, zone: Zone): void {
  let pending = Buffer.alloc(0);
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      const response = answer(pending.subarray(2, end), zone, 'tcp');
      pending = pending.subarray(end);
      if (response === undefined) continue;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(response.length);
      socket.write(Buffer.concat([length, response]));
    }
    // Whoever sends questions without reading the answers waits.
    if (socket.writableNeedDrain) {
      socket.pause();
      socket.once('drain', () => socket.resume());
    }
  });
}
