/**
 * TLS between nodes: both sides show a certificate, and take only what the job's authority has signed.
 *
 *  1. Names of hosts do not matter, since nodes move between hosts and tunnels. What a certificate says is a node's number:
 *     `charm4ts node 3`; the mesh compares it with the node that the handshake tells. Certificates with other names are
 *     good for any node.
 *  2. The proofs of the handshake are bound to the connection (RFC 5705, exported keying material): who stands in between with a certificate
 *     of the same authority, and passes proofs on, fails.
 */
import type { ConnectionOptions, TLSSocket, TlsOptions } from 'node:tls';
import type { Secured, TlsIdentity } from './carrier.ts';

const handshakeMs = 5000;
const bindingBytes = 32;
const namePattern = /^charm4ts node (\d+)$/;

export function certificateName(node: number): string {
  return `charm4ts node ${node}`;
}

export function listenerOptions({ ca, cert, key }: TlsIdentity): TlsOptions {
  return {
    ca: [ca],
    cert,
    key,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    handshakeTimeout: handshakeMs,
  };
}

export function callerOptions({ ca, cert, key }: TlsIdentity): ConnectionOptions {
  return {
    ca: [ca],
    cert,
    key,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    checkServerIdentity: () => undefined,
  };
}

/** What a connection that is established says about the other side. */
export function securedBy(socket: TLSSocket): Secured {
  const { subject } = socket.getPeerCertificate();
  const name = typeof subject?.CN === 'string' ? namePattern.exec(subject.CN) : null;
  return {
    node: name === null ? undefined : Number(name[1]),
    binding: socket.exportKeyingMaterial(bindingBytes, 'EXPORTER-charm4ts', Buffer.alloc(0)),
  };
}
