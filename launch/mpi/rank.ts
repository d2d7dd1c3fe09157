/** What a process that mpirun, srun or the like has started can know of itself: from the variables they set. */

export interface Rank {
  readonly rank: number;
  readonly size: number;
  /** How many of them are on this machine; 1 if nobody says. */
  readonly onThisMachine: number;
  /** The variable that told. */
  readonly from: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Names of: rank, size, those on this machine. More specific first: under srun, MPI's own variables may be there too. */
const known: readonly (readonly [string, string, string])[] = [
  // Open MPI's mpirun (PMIx).
  ['OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_LOCAL_SIZE'],
  // Hydra, of MPICH and Intel MPI; srun --mpi=pmi2.
  ['PMI_RANK', 'PMI_SIZE', 'MPI_LOCALNRANKS'],
  // srun; only inside a job step is there a number of its tasks.
  ['SLURM_PROCID', 'SLURM_STEP_NUM_TASKS', ''],
  // For everything else, Indexed Jobs of Kubernetes among them.
  ['CHARM4TS_RANK', 'CHARM4TS_SIZE', ''],
  ['JOB_COMPLETION_INDEX', 'CHARM4TS_SIZE', ''],
];

/** Undefined if nobody has started more than this one. */
export function rankOf(variables: Variables): Rank | undefined {
  for (const [rankName, sizeName, hereName] of known) {
    const rank = count(variables[rankName]);
    const size = count(variables[sizeName]);
    if (rank === undefined || size === undefined || rank >= size) continue;
    return { rank, size, onThisMachine: count(variables[hereName]) ?? slurmTasksHere(variables) ?? 1, from: rankName };
  }
  return undefined;
}

/** True where a library of MPI finds the others: the variables are those of PMI or PMIx. */
export function hasMpi({ from }: Rank): boolean {
  return from === 'OMPI_COMM_WORLD_RANK' || from === 'PMI_RANK';
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** SLURM_STEP_TASKS_PER_NODE is like `4(x2),3`; SLURM_NODEID tells which of them. */
function slurmTasksHere({ SLURM_STEP_TASKS_PER_NODE: text, SLURM_NODEID: node }: Variables): number | undefined {
  let left = count(node) ?? 0;
  for (const part of text?.split(',') ?? []) {
    const match = /^(\d+)(?:\(x(\d+)\))?$/.exec(part);
    if (match === null) return undefined;
    left -= Number(match[2] ?? 1);
    if (left < 0) return Number(match[1]);
  }
  return undefined;
}
