/** docs/errors.md has a heading for every code, in the same order, and each says what to do. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { errorCodes } from '../../core/base/errors.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const sections = page.split(/^### /m).slice(1);

describe('docs/errors.md', () => {
  it('has one section for each code, in the order of the list', () => {
    assert.deepEqual(
      sections.map((section) => section.split('\n')[0]),
      [...errorCodes],
    );
  });

  it('says of each what happened and what to do', () => {
    for (const section of sections) {
      assert.match(section, /^\*What happened:\* \S/m, section);
      assert.match(section, /^\*What to do:\* \S/m, section);
    }
  });
});
