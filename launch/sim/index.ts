/** Many PEs in one thread: `charm4ts/sim`. */
export type { TraceSink } from '../../core/pe/trace-sink.ts';
export {
  type DiskFaults,
  describeFaults,
  type FaultOptions,
  type FaultSettings,
  type HeartbeatOptions,
} from '../../transports/sim/faults/fault-options.ts';
export type { FaultCounts } from '../../transports/sim/faults/packet-faults.ts';
export type {
  DiskDescription,
  LinkDescription,
  MemoryDescription,
  NetworkDescription,
  SpeedChange,
  SwitchDescription,
} from '../../transports/sim/network-description.ts';
export { shippedNetworks } from '../../transports/sim/shipped-networks.ts';
export { type InThreadOptions, type InThreadResult, runInThread } from '../in-thread.ts';
export * from './checkers/index.ts';
export type { FaultReport } from './faults/fault-run.ts';
export type { DiskCounts } from './sim-disk.ts';
export { runSimulated, type SimulationOptions, type SimulationResult } from './simulate.ts';
