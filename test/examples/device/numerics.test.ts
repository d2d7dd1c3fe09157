/** The parts of the solver that stand alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createBandMatrix, factor, solve } from '../../../examples/device/band-matrix.ts';
import { boxes, cutEvenly, gaps, meshLines } from '../../../examples/device/mesh.ts';

describe('the band solver', () => {
  it('solves diagonally dominant systems', () => {
    const weight = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(weight, { minLength: 72, maxLength: 72 }),
        fc.array(weight, { minLength: 12, maxLength: 12 }),
        (size, width, weights, solution) => {
          const dense = Array.from({ length: size }, () => new Float64Array(size));
          for (let row = 0; row < size; row++) {
            dense[row]![row]! += 0.1;
            for (let column = Math.max(0, row - width); column < row; column++) {
              const link = weights[row * 6 + (row - column)]!;
              dense[row]![column]! -= link;
              dense[column]![row]! -= link;
              dense[row]![row]! += link;
              dense[column]![column]! += link;
            }
          }
          const matrix = createBandMatrix(size, width);
          dense.forEach((row, r) => {
            for (let column = Math.max(0, r - width); column <= r; column++)
              matrix.values[r * (width + 1) + column - r + width] = row[column]!;
          });
          const x = Float64Array.from(dense, (row) => row.reduce((sum, a, column) => sum + a * solution[column]!, 0));
          factor(matrix);
          solve(matrix, x);
          for (const [i, value] of x.entries()) assert.ok(Math.abs(value - solution[i]!) < 1e-10);
        },
      ),
    );
  });
});

describe('the mesh', () => {
  const spacing = fc.double({ min: 0.01, max: 2, noNaN: true });
  const axis = fc
    .array(fc.tuple(fc.double({ min: 0.5, max: 4, noNaN: true }), spacing), { minLength: 2, maxLength: 5 })
    .map((segments) => {
      let atUm = 0;
      return segments.map(([length, spacingUm], i) => {
        if (i > 0) atUm += length;
        return { atUm, spacingUm };
      });
    });

  it('rises from the first point to the last and hits all in between', () => {
    fc.assert(
      fc.property(axis, (points) => {
        const lines = meshLines(points);
        assert.ok(gaps(lines).every((gap) => gap > 0));
        for (const { atUm } of points) assert.ok(lines.includes(atUm));
      }),
    );
  });

  it('has boxes that fill the device', () => {
    fc.assert(
      fc.property(axis, (points) => {
        const total = boxes(meshLines(points)).reduce((sum, box) => sum + box, 0);
        assert.ok(Math.abs(total - points.at(-1)!.atUm) < 1e-9);
      }),
    );
  });

  it('is cut into as many strips as asked for, none empty, all rows in one', () => {
    fc.assert(
      fc.property(axis, fc.double({ min: 0, max: 1, noNaN: true }), (points, part) => {
        const lines = meshLines(points);
        const strips = 1 + Math.floor(part * (lines.length - 1));
        const starts = cutEvenly(lines, strips);
        assert.equal(starts.length, strips + 1);
        assert.equal(starts[0], 0);
        assert.equal(starts.at(-1), lines.length);
        for (let strip = 0; strip < strips; strip++) assert.ok(starts[strip]! < starts[strip + 1]!);
      }),
    );
  });

  it('is cut into slices of equal depth where the rows allow it', () => {
    const lines = Float64Array.from({ length: 101 }, (_, i) => i / 100);
    assert.deepEqual(cutEvenly(lines, 4), [0, 25, 50, 75, 101]);
  });
});
