/** The machines that can be named instead of described. `charm4ts sim --show-network NAME` prints one as a file to start from. */
import type { NetworkDescription } from './network-description.ts';

export const shippedNetworks: readonly NetworkDescription[] = [
  {
    name: 'gigabit',
    about:
      'The cluster of the load-balancing papers of the 2000s: 37 single-core nodes on switched gigabit Ethernet through TCP, 229 to 240 us one way, 100 MB/s.',
    hosts: 37,
    pesPerNode: 1,
    coresPerHost: 1,
    within: { latencyUs: 1, overheadUs: 1, gapUs: 0, bytesPerSecond: 1e9 },
    // 12 us of the one-way time are the processors', at either end; the rest is the network's.
    between: { latencyUs: [205, 216], overheadUs: 12, gapUs: 5, bytesPerSecond: 100e6 },
    taskUs: 0.5,
  },
  {
    name: 'ethernet100g',
    about:
      'Nodes of 64 cores on 100 Gb/s Ethernet with remote direct memory access, 32 to a leaf switch, uplinks of half their bandwidth.',
    pesPerNode: 64,
    within: { latencyUs: 0.15, overheadUs: 0.1, gapUs: 0, bytesPerSecond: 10e9 },
    between: { latencyUs: 1.8, overheadUs: 0.4, gapUs: 0.05, bytesPerSecond: 12.5e9 },
    switches: [{ hosts: 32, latencyUs: 0.6, bytesPerSecond: 200e9 }],
  },
  {
    name: 'shared-memory',
    about:
      'One node: messages are copied through memory. Latency and overhead as charm4ts has them between worker threads.',
    hosts: 1,
    within: { latencyUs: 0.3, overheadUs: 0.15, gapUs: 0, bytesPerSecond: 5e9 },
    between: { latencyUs: 0.3, overheadUs: 0.15, gapUs: 0, bytesPerSecond: 5e9 },
  },
];
