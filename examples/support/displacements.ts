/** Where blocks of these lengths begin that lie one behind the other: what the v-variants of MPI's collectives take. */
export function displacements(counts: Int32Array): Int32Array {
  const starts = new Int32Array(counts.length);
  for (let i = 1; i < counts.length; i++) starts[i] = starts[i - 1]! + counts[i - 1]!;
  return starts;
}
