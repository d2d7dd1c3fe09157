/**
 * What the options of Charm++'s command line are here, one line each. Three kinds:
 *
 *   flag     it is one of ours, under another name
 *   note     it makes no difference here, or can't make one: a note says why, and the run goes on
 *   refuse   the run would not be what was asked for: an error says what to do instead
 *
 * docs/command-line.md shows the same table to people; a test compares them.
 */

/** What follows the option: nothing, one value (`+p4`, `+p 4` or `+p=4`), a value that may be left out. */
export type Takes = 'nothing' | 'value' | 'maybe value';

export interface CharmOption {
  readonly names: readonly string[];
  readonly takes: Takes;
  /** Our flag for it; the value goes with it unless it is given here. */
  readonly flag?: string;
  readonly value?: string;
  readonly note?: string;
  readonly refuse?: string;
}

const flag = (names: string, name: string, takes: Takes = 'value'): CharmOption => ({
  names: names.split(' '),
  takes,
  flag: name,
});
const note = (names: string, takes: Takes, text: string): CharmOption => ({
  names: names.split(' '),
  takes,
  note: text,
});
const refuse = (names: string, takes: Takes, text: string): CharmOption => ({
  names: names.split(' '),
  takes,
  refuse: text,
});

const cores = "Node.js can't bind threads to cores; `taskset -c 0-3 charm4ts run ...` binds the whole process";
const memory = "memory is JavaScript's, which has its own allocator and its own tools (`node --heap-prof`)";
const measured = 'every object is measured, whatever it takes';
const others = '--nodes starts the processes of a job, on this machine';
const inView = 'what it would print is in a trace: --trace DIR, then charm4ts projections DIR';
const oneByOne = "say it where messages are sent: proxy.with({ queueing: 'lifo' }), or with a priority";

/** `++ppn` and the number of processes need arithmetic; see translate.ts. */
export const layoutOptions = { pesPerProcess: '++ppn', processes: ['++n', '+n', '++np'] } as const;

export const charmOptions: readonly CharmOption[] = [
  // ---- charmrun ----
  flag('+p ++p', '--pes'),
  { names: ['++ppn'], takes: 'value' },
  { names: ['++n', '+n', '++np'], takes: 'value' },
  flag('++help +help', '--help', 'nothing'),
  note('++local', 'nothing', 'programs run on this machine'),
  note(
    '++auto-provision ++oneWthPerCore ++oneWthPerPU',
    'nothing',
    'one PE for each core is what is done without --pes',
  ),
  note('++oneWthPerHost ++oneWthPerSocket', 'nothing', 'say the number of PEs: --pes'),
  note('++processPerHost ++processPerSocket ++processPerCore ++processPerPU', 'value', 'say the number of PEs: --pes'),
  note('++scalable-start ++batch ++maxssh ++ping-interval', 'maybe value', 'a job starts with all its threads at once'),
  note('++verbose ++no-va-randomization', 'nothing', 'there is nothing more to tell'),
  { names: ['++quiet', '+quiet'], takes: 'nothing' },
  refuse('++timeout ++timelimit', 'value', 'use `timeout 60 charm4ts run ...`; the job ends in order when interrupted'),
  refuse(
    '++nodelist ++nodegroup ++numHosts ++remote-shell ++runscript ++mpiexec ++mpiexec-no-n ++useip ++usehostname',
    'maybe value',
    others,
  ),
  refuse(
    '++server ++server-port ++server-auth +cpd',
    'maybe value',
    'there is no CharmDebug server; see docs/record-replay.md for how to debug a run',
  ),
  refuse(
    '++debug ++debug-no-pause ++debugger ++xterm ++in-xterm ++display ++gdb',
    'maybe value',
    'use `node --inspect-brk $(npm root)/charm4ts/dist/cli/main.js run ...`',
  ),

  // ---- the runtime ----
  note('+setcpuaffinity +show_cpu_topology', 'nothing', cores),
  note('+pemap +commap +excludecore +maffinity +mempol', 'value', cores),
  note(
    '+isomalloc_sync +no_isomalloc_sync +stacksize +tcharm_stacksize +tcharm_stack_size',
    'maybe value',
    'chares have no stack of their own',
  ),
  note(
    '+memory_checkfreq +memory_report +memory_verbose +memory_fillphase +memory_mprotect +memory_backup +memory_checkfill +memory_nofill',
    'maybe value',
    memory,
  ),
  note('+ss +cs +qs +cldb_cs +objq', 'nothing', inView),
  note('+csdLocalMax +messageBufferingThreshold', 'value', 'the scheduler sees to it itself'),
  refuse(
    '+fifo +lifo +ififo +ilifo +bfifo +blifo',
    'nothing',
    `the order of a whole run is first come, first served; ${oneByOne}`,
  ),
  note(
    '+noAnytimeMigration +staticInsertion +noNotifyChildInReduction',
    'nothing',
    'promises that a program will not do something save nothing here',
  ),
  { names: ['+CmiSleepOnIdle'], takes: 'nothing', flag: '--spin-ms', value: '0' },
  { names: ['+CmiSpinOnIdle'], takes: 'nothing', flag: '--spin-ms', value: '3600000' },
  note(
    '+longIdleThresh +idle-timeout +ringexit +killFile +io_flush_user +io_flush_system',
    'maybe value',
    'there is nothing to set',
  ),
  flag('+restart', '--restart'),
  refuse('+restartaftercrash', 'maybe value', 'a job does not survive the loss of a PE'),
  flag('+record +record-detail', '--record'),
  flag('+replay +replay-detail', '--replay'),

  // ---- balancing ----
  flag('+balancer', '--balancer'),
  flag('+LBPeriod', '--lb-period'),
  flag('+MetaLB', '--lb-adaptive', 'nothing'),
  flag('+LBPredictor', '--lb-predict', 'nothing'),
  flag('+LBDebug', '--lb-debug', 'maybe value'),
  refuse('+LBDump', 'maybe value', 'say where: --lb-dump DIR writes each step'),
  note('+LBDumpSteps', 'value', 'each step is written with --lb-dump DIR'),
  flag('+LBDumpFile', '--lb-dump'),
  refuse('+LBSim +LBSimSteps +LBSimProcs', 'value', 'try strategies with charm4ts lb-sim'),
  note('+LBShowDecisions +LBPrintSummary', 'nothing', '--lb-debug says what each step has done'),
  note('+LBCommOn +LBCommOff +LBUseCpuTime +LBSameCpus +LBNoBackground +LBObjOnly', 'nothing', measured),
  note('+LBTestPESpeed +LBVersion +LBOff +LBLoop +LBSyncResume', 'nothing', 'there is nothing to set'),
  note(
    '+LBCentPE +LBTopo +LBPercentMoves +LBPredictorDelay +LBPredictorWindow +LBAlpha +LBBeta +teamSize +DistLBTargetRatio +DistLBMaxPhases +TreeLBFile',
    'value',
    'strategies have no such setting; write your own: --balancer ./mine.ts',
  ),
  refuse('+MetaLBModelDir +MetaLBNoObjTimer', 'maybe value', 'there is no such thing yet'),

  // ---- new chares ----
  note(
    '+cldb_neighbor_period +cldb_neighbor_overload +WSThreshold',
    'value',
    'seed balancers have no settings; choose one: --seed-balancer NAME',
  ),
  note(
    '+workstealing +stealonly1 +WSImmediate +WSPriority',
    'nothing',
    'seed balancers have no settings; choose one: --seed-balancer NAME',
  ),

  // ---- traces ----
  flag('+traceroot', '--trace'),
  flag('+sumDetail +sumonly', '--trace-summary', 'nothing'),
  note(
    '+bincount +binsize',
    'value',
    'bins of a summary have 1 ms at first, and are twice as wide whenever there are too many',
  ),
  note(
    '+logsize +trace-subdirs +numClusters +memlogsize',
    'value',
    'a trace goes to the disk as it grows, in one file for each PE, whole',
  ),
  note(
    '+gz-trace +no-gz-trace +binary-trace +notracenested +checknested +traceWarn +extrema +useAbsoluteTime +write-analysis-file +outlier',
    'nothing',
    'there is one form of trace',
  ),
  refuse('+traceprocessors', 'value', 'all PEs are recorded; choose among them in charm4ts projections'),
  refuse('+traceoff', 'nothing', 'leave out --trace; entry methods are left out one by one with the attribute notrace'),

  // ---- AMPI ----
  flag('+vp', '--vp'),
  refuse('+mapping', 'value', 'say it with --map block, --map roundRobin or a file with the PE of each rank'),
  refuse(
    '+msgLogWrite +msgLogRead',
    'value',
    'record and replay the whole run: charm4ts run --record DIR, --replay DIR',
  ),
];
