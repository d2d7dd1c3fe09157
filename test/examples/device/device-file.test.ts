/** Wrong device files are refused with the place, what is there, and what may be. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { biasPoints, DeviceFileError, parseDevice } from '../../../examples/device/device-file.ts';
import { shipped, shippedText } from './devices.ts';

type Json = Record<string, unknown>;

/** The abrupt device with one value replaced, or taken away. */
function changed(path: readonly (string | number)[], value: unknown): string {
  const root = JSON.parse(shippedText('abrupt')) as Json;
  const parents = path.slice(0, -1);
  const parent = parents.reduce<Json>((object, key) => object[key] as Json, root);
  const last = path.at(-1)!;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return JSON.stringify(root);
}

/** Path, value, and what the error says after the name of the file. */
const mistakes: readonly (readonly [readonly (string | number)[], unknown, string])[] = [
  [
    ['doping', 1, 'concentrationPerCm3'],
    -3,
    '$.doping[1].concentrationPerCm3 is -3; it must be a number from 100000000000 to 100000000000000000000 cm^-3',
  ],
  [['geometry', 'depthUm'], '4', '$.geometry.depthUm is "4"; it must be a number from 0.01 to 1000 um'],
  [['geometry', 'depthUm'], null, '$.geometry.depthUm is null; it must be a number from 0.01 to 1000 um'],
  [['lifetimesUs', 'hole'], 0, '$.lifetimesUs.hole is 0; it must be a number from 0.000001 to 100000 us'],
  [['strips'], 2.5, '$.strips is 2.5; it must be a whole number from 1 to 133'],
  [['strips'], 134, '$.strips is 134; it must be a whole number from 1 to 133'],
  [['contacts', 'anode', 'side'], 'left', '$.contacts.anode.side is "left"; it must be one of "top", "bottom"'],
  [
    ['contacts', 'cathode', 'side'],
    'top',
    '$.contacts.cathode.side is "top"; it must be "bottom", opposite to the anode',
  ],
  [['contacts', 'anode', 'toUm'], 3, '$.contacts.anode.toUm is 3; it must be a number from 0 to 2 um'],
  [['contacts', 'anode'], { side: 'top', fromUm: 0.001, toUm: 0.002 }, '$.contacts.anode is {"side":"top"'],
  [
    ['doping', 0, 'depthUm'],
    [2, 1],
    '$.doping[0].depthUm is [2,1]; it must be two numbers, the first below the second',
  ],
  [['doping', 0, 'depthUm'], [0], '$.doping[0].depthUm is [0]; it must be an array of 2 elements'],
  [['doping', 0, 'depthUm', 1], 9, '$.doping[0].depthUm[1] is 9; it must be a number from 0 to 4 um'],
  [['doping'], [], '$.doping is []; it must be an array of 1 to 100 elements'],
  [['doping', 0, 'dopant'], 'donor', '$.contacts.anode is {"side":"top"'],
  [['mesh', 'depth', 2, 'atUm'], 3.5, '$.mesh.depth is [{"atUm":0'],
  [['mesh', 'depth', 1, 'spacingUm'], 0, '$.mesh.depth[1].spacingUm is 0; it must be a number from 0.002 to 4 um'],
  [['sweep', 'reverse', 'toVolts'], -6, '$.sweep.reverse.toVolts is -6; it must be a number from -5 to 0 V'],
  [['sweep', 'forward', 'toVolts'], 1.2, '$.sweep.forward.toVolts is 1.2; it must be a number from 0 to 1 V'],
  [['title'], '', '$.title is ""; it must be a text of 1 to 200 characters'],
  [['title'], undefined, '$.title is missing; $ needs "title"'],
  [['geometry', 'widthUm'], undefined, '$.geometry.widthUm is missing; $.geometry needs "depthUm", "widthUm"'],
  [['geometry'], 4, '$.geometry is 4; it must be an object with "depthUm", "widthUm"'],
  [['lifetimeUs'], {}, '$.lifetimeUs is not known; did you mean "lifetimesUs"?'],
  [
    ['doping', 0, 'consentrationPerCm3'],
    1e16,
    '$.doping[0].consentrationPerCm3 is not known; did you mean "concentrationPerCm3"?',
  ],
  [['colour'], 'red', '$.colour is not known; allowed are "title"'],
];

describe('a device file', () => {
  for (const [path, value, complaint] of mistakes) {
    it(`is refused with: ${complaint}`, () => {
      assert.throws(
        () => parseDevice(changed(path, value), 'diode.json'),
        (error) => {
          assert.ok(error instanceof DeviceFileError, String(error));
          assert.equal(error.message.slice(0, complaint.length + 12), `diode.json: ${complaint}`);
          return true;
        },
      );
    });
  }

  it('is refused if it is not JSON', () => {
    assert.throws(() => parseDevice('{ "title": ', 'diode.json'), /^DeviceFileError: diode\.json: not JSON: /);
  });

  it('is accepted as shipped', () => {
    for (const name of ['abrupt', 'one-sided', 'fine-mesh'] as const) assert.ok(shipped(name).strips > 1);
  });

  it('may leave the edge of a doping region away', () => {
    assert.equal(parseDevice(changed(['doping', 0, 'edgeUm'], 0.1), 'diode.json').doping[0]!.edgeUm, 0.1);
    assert.equal(shipped('abrupt').doping[0]!.edgeUm, 0);
  });
});

describe('the bias points', () => {
  it('are decimal numbers, lowest first, without equilibrium', () => {
    const sweep = { reverse: { toVolts: -0.3, stepVolts: 0.1 }, forward: { toVolts: 0.2, stepVolts: 0.05 } };
    assert.deepEqual(biasPoints(sweep), [-0.3, -0.2, -0.1, 0.05, 0.1, 0.15, 0.2]);
  });

  it('end before a leg that is no multiple of the step', () => {
    const sweep = { reverse: { toVolts: 0, stepVolts: 1 }, forward: { toVolts: 0.5, stepVolts: 0.2 } };
    assert.deepEqual(biasPoints(sweep), [0.2, 0.4]);
  });
});
