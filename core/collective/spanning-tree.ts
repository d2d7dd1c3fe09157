/**
 * Spanning trees over PEs: complete trees of a fixed fan-out, rooted anywhere.
 *
 * PE `pe` stands at position `(pe - root) mod pes`; the children of position v are v·fanOut+1 ... v·fanOut+fanOut.
 * The fan-out is Charm++'s inside a process.
 */
export const fanOut = 8;

export interface TreePlace {
  /** -1 at the root. */
  readonly parent: number;
  readonly children: readonly number[];
}

export function treePlace(pe: number, pes: number, root: number): TreePlace {
  const position = (pe - root + pes) % pes;
  const children: number[] = [];
  for (let child = position * fanOut + 1; child <= position * fanOut + fanOut && child < pes; child++) {
    children.push((child + root) % pes);
  }
  const parent = position === 0 ? -1 : (Math.floor((position - 1) / fanOut) + root) % pes;
  return { parent, children };
}
