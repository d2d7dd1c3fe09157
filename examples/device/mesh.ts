/**
 * One axis of the tensor-product mesh, graded between given positions, and its cut into strips.
 */
import type { MeshPoint } from './device-file.ts';

/** Node positions along one axis, micrometres: first and last point included, spacing geometric in between. */
export function meshLines(points: readonly MeshPoint[]): Float64Array {
  const lines = [points[0]!.atUm];
  for (let i = 1; i < points.length; i++) appendSegment(lines, points[i - 1]!, points[i]!);
  return Float64Array.from(lines);
}

/** Appends the nodes after `left` up to and including `right`. */
function appendSegment(lines: number[], left: MeshPoint, right: MeshPoint): void {
  const length = right.atUm - left.atUm;
  const mean =
    left.spacingUm === right.spacingUm
      ? left.spacingUm
      : (right.spacingUm - left.spacingUm) / Math.log(right.spacingUm / left.spacingUm);
  const count = Math.max(1, Math.round(length / mean));
  const ratio = (right.spacingUm / left.spacingUm) ** (1 / count);
  let total = 0;
  for (let k = 0; k < count; k++) total += ratio ** k;
  let covered = 0;
  for (let k = 0; k < count - 1; k++) {
    covered += ratio ** k;
    lines.push(left.atUm + (length * covered) / total);
  }
  // The last node is set, not summed, so that a junction placed on a mesh point lies exactly on a node.
  lines.push(right.atUm);
}

/**
 * First row of each strip, and the row count at the end: strip s holds the rows of the s-th of `strips` equal slices
 * of the depth. A slice thinner than the mesh borrows a row, so that no strip is empty.
 */
export function cutIntoStrips(depthLines: Float64Array, strips: number): number[] {
  const rows = depthLines.length;
  const top = depthLines[0]!;
  const depth = depthLines[rows - 1]! - top;
  const starts = [0];
  for (let strip = 1, row = 0; strip < strips; strip++) {
    const cut = top + (depth * strip) / strips;
    while (row < rows && depthLines[row]! < cut) row++;
    row = Math.min(Math.max(row, starts[strip - 1]! + 1), rows - (strips - strip));
    starts.push(row);
  }
  starts.push(rows);
  return starts;
}

/** Distance from each line to the next. */
export function gaps(lines: Float64Array): Float64Array {
  const result = new Float64Array(lines.length - 1);
  for (let i = 0; i < result.length; i++) result[i] = lines[i + 1]! - lines[i]!;
  return result;
}

/** Extent of the box around each line: half the gap on either side. */
export function boxes(lines: Float64Array): Float64Array {
  const gap = gaps(lines);
  const result = new Float64Array(lines.length);
  for (let i = 0; i < lines.length; i++) result[i] = ((gap[i - 1] ?? 0) + (gap[i] ?? 0)) / 2;
  return result;
}
