/**
 * Calibration `bare-objects`: making plain objects and keeping them in an array, as the least that a chare array
 * could cost. Each object has one field, for the array it belongs to.
 */

export class BareObject {
  readonly owner: object;

  constructor(owner: object) {
    this.owner = owner;
  }
}

export function makeBareObjects(count: number): BareObject[] {
  const objects: BareObject[] = [];
  for (let i = 0; i < count; i++) objects.push(new BareObject(objects));
  return objects;
}
