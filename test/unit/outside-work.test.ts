/** What counts as work outside of a job, and what was there before it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OutsideWork } from '../../launch/outside-work.ts';

/** Whether work is seen, for each list of what Node.js has open; the first is from before the program started. */
function looks(...lists: readonly (readonly string[])[]): boolean[] {
  let i = 0;
  const work = new OutsideWork(() => lists[i]!);
  return lists.slice(1).map(() => {
    i++;
    return work.isOpen();
  });
}

describe('work outside', () => {
  it('is not what was there before, nor an immediate', () => {
    assert.deepEqual(looks(['PipeWrap', 'Timeout'], ['PipeWrap', 'Timeout', 'Immediate'], ['PipeWrap']), [
      false,
      false,
    ]);
    assert.deepEqual(looks(['PipeWrap'], ['PipeWrap', 'PipeWrap']), [true]);
  });

  it('is every access to a file, also if one was under way before the program started', () => {
    for (const kind of ['FSReqPromise', 'FSReqCallback', 'CloseReq', 'GetAddrInfoReqWrap', 'TCPConnectWrap'])
      assert.deepEqual(looks([kind], [kind], [], [kind]), [true, false, true]);
  });

  it('is not hidden by what was there before and has ended', () => {
    assert.deepEqual(looks(['Timeout'], ['Timeout'], [], ['Timeout']), [false, false, true]);
  });
});
