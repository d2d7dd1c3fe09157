/** Proxies in the hands of ordinary JavaScript: nothing hangs, and nothing is sent by accident. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram } from './command.ts';

describe('a proxy', () => {
  it('can be awaited, printed, spread and turned into JSON without sending anything', async () => {
    const { code, stdout, stderr } = await runProgram('proxies', '-');
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), {
      awaited: [true, true, true, true],
      isSingleStillOne: true,
      all: true,
      json: '{"element":"Target[3]","array":"Target","group":"Target","all":"Target"}',
      inspected: [
        '<proxy of Target[3]>',
        '<proxy of Target>',
        '{ group: <proxy of Target> }',
        '<proxy of Target[3]>',
        '<proxy of Target>',
      ],
      template: ['<proxy of Target[3]>', '<proxy of Target>', '<proxy of Target>'],
      spread: [[], []],
      isIterable: false,
      thens: ['undefined', 'undefined', 'undefined'],
      unknown: 'undefined',
      structured: true,
      number: true,
      calls: 1,
    });
  });
});
