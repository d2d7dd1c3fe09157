/**
 * Machines on which programs of the tests run as real jobs: threads of one process, and several processes.
 *
 *     CHARM_SHAPES=4x1,3x2      nodes x PEs of each, in place of the usual ones
 */
export interface Shape {
  readonly nodes: number;
  /** PEs of each node. */
  readonly pes: number;
}

const usual = '1x1,1x2,1x3,2x2,4x1';

export const shapes: readonly Shape[] = (process.env['CHARM_SHAPES'] ?? usual).split(',').map(shapeOf);

/** Those of several processes. */
export const nodeShapes: readonly Shape[] = shapes.filter(({ nodes }) => nodes > 1);

function shapeOf(text: string): Shape {
  const [nodes = 0, pes = 0] = text.split('x').map(Number);
  if (!(Number.isInteger(nodes) && Number.isInteger(pes) && nodes > 0 && pes > 0))
    throw new Error(`CHARM_SHAPES: ${text} is no shape such as 2x2`);
  return { nodes, pes };
}

export function nameOf({ nodes, pes }: Shape): string {
  return nodes === 1 ? `${pes} PEs` : `${nodes} nodes x ${pes}`;
}
