/** What a task computes: a loop of multiply-adds that stays in registers. */

/** Does `iterations` times four independent multiply-adds. The result must be used, or the compiler drops the loop. */
export function multiplyAdd(iterations: number): number {
  let [a, b, c, d] = [1, 2, 3, 4];
  for (let i = 0; i < iterations; i++) {
    a = a * 0.999 + 0.5;
    b = b * 0.998 + 0.5;
    c = c * 0.997 + 0.5;
    d = d * 0.996 + 0.5;
  }
  return a + b + c + d;
}
