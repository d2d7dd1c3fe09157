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
 * Cuts an axis into equal slices: the first line of each slice, and the number of lines at the end. A slice that holds no
 * line borrows one, so that none is empty.
 */
export function cutEvenly(lines: Float64Array, slices: number): number[] {
  const count = lines.length;
  const origin = lines[0]!;
  const length = lines[count - 1]! - origin;
  const starts = [0];
  for (let slice = 1, line = 0; slice < slices; slice++) {
    const cut = origin + (length * slice) / slices;
    while (line < count && lines[line]! < cut) line++;
    line = Math.min(Math.max(line, starts[slice - 1]! + 1), count - (slices - slice));
    starts.push(line);
  }
  starts.push(count);
  return starts;
}

/** The largest number of equal slices that all hold a line of their own. */
export function slicesMax(lines: Float64Array): number {
  const gapMax = gaps(lines).reduce((a, b) => Math.max(a, b));
  return Math.floor((lines.at(-1)! - lines[0]!) / gapMax);
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
