/** The hook that is called where an element is after an AtSync step; as an entry, so that it is measured and traced. */
import { callInScope } from '../chare/element-frames.ts';
import { systemEntry } from '../message/entry-table.ts';

export const resumeEntry = systemEntry(2, 'resumeFromSync', function (this: object) {
  return callInScope(this, (this as { resumeFromSync(): unknown }).resumeFromSync, []);
});
