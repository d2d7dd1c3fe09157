/**
 * What nodes show each other over TLS: certificates that are made for this job, or files of the user.
 *
 * For a job: an authority whose key is forgotten as soon as it has signed, and for each node a key and a certificate with
 * its number (transports/sockets/tls.ts). They are handed to the nodes as the secret is, and stand in no file.
 */
import { readFile } from 'node:fs/promises';
import { describeThrown, UsageError } from '../../core/base/errors.ts';
import type { TlsIdentity } from '../../transports/sockets/carrier.ts';
import { certificateName } from '../../transports/sockets/tls.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  /** Certificates of the authorities that nodes accept. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface IdentityOptions {
  readonly nodes: number;
  readonly transport: string;
  readonly tls?: boolean | TlsFiles;
}

const dayMs = 24 * 3600 * 1000;
/** Clocks of hosts differ. */
const beforeMs = dayMs;
const afterMs = 365 * dayMs;
const instead: Readonly<Record<string, string>> = {
  udp: 'udp seals every datagram anyway',
  unix: 'unix does not leave the machine',
  pipe: 'pipe does not leave the machine',
};

/** Of each node; none without TLS. @throws UsageError if it can't be had */
export async function identitiesOf({ nodes, transport, tls }: IdentityOptions): Promise<readonly TlsIdentity[]> {
  if (tls === undefined || tls === false) return [];
  if (Object.hasOwn(instead, transport))
    throw new UsageError(`TLS is for the transports tcp and ws; ${instead[transport]}`);
  if (tls === true) return makeIdentities(nodes);
  const identity = { ca: await read(tls.ca), cert: await read(tls.cert), key: await read(tls.key) };
  return Array.from({ length: nodes }, () => identity);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} can't be read: ${describeThrown(error)}`);
  }
}

async function makeIdentities(nodes: number): Promise<readonly TlsIdentity[]> {
  // It takes longer to load than all else of the launcher, and few jobs want it.
  const { generate } = await import('selfsigned');
  const now = Date.now();
  const common = {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - beforeMs),
    notAfterDate: new Date(now + afterMs),
  } as const;
  const authority = await generate([{ name: 'commonName', value: 'charm4ts job' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca = { key: authority.private, cert: authority.cert };
  return Promise.all(
    Array.from({ length: nodes }, async (_, node) => {
      const made = await generate([{ name: 'commonName', value: certificateName(node) }], {
        ...common,
        ca,
        extensions: [
          { name: 'basicConstraints', cA: false, critical: true },
          { name: 'keyUsage', digitalSignature: true, critical: true },
          { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        ],
      });
      return { ca: authority.cert, cert: made.cert, key: made.private };
    }),
  );
}
