/** The table of the functions of MPI 3.1 says what is true: what it names is there, and nothing is named twice. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ErrorTable } from '../../ampi/errors.ts';
import { File } from '../../ampi/files/file.ts';
import * as ampi from '../../ampi/index.ts';
import { Comm, Datatype, Group, Info, Intercomm, Op, Status } from '../../ampi/index.ts';
import { GeneralizedRequest, Request } from '../../ampi/messages/request.ts';
import { Mpi } from '../../ampi/rank/mpi.ts';
import { Window } from '../../ampi/window/window.ts';

const classes: Readonly<Record<string, { readonly prototype: object }>> = {
  Comm,
  Datatype,
  ErrorTable,
  File,
  GeneralizedRequest,
  Group,
  Info,
  Intercomm,
  mpi: Mpi,
  Op,
  Request: Request as unknown as { readonly prototype: object },
  Status,
  Window,
};

const page = readFileSync(new URL('../../docs/ampi-functions.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `(MPI_\w+)` \| (.*?) \| (.*?) ?\|$/gm)].map(([, name, here, note]) => ({
  name,
  here,
  note,
}));

function isThere(here: string): boolean {
  const [, owner = '', kind = '', member = ''] = /^`(\w+)(\.|::|#|\(\))(\w*)`$/.exec(here) ?? [];
  if (kind === '()') return typeof (ampi as Record<string, unknown>)[owner] === 'function';
  const found = classes[owner];
  if (found === undefined) return false;
  // A field shows on objects only; the compiler knows it.
  if (kind === '#') return member.length > 0;
  return member in (kind === '::' ? found : found.prototype);
}

describe('the table of functions', () => {
  it('names what is there', () => {
    const wrong = rows.filter(({ here }) => here !== 'not done' && !isThere(here!));
    assert.deepEqual(wrong, []);
  });

  it('says why something is not done', () => {
    assert.deepEqual(
      rows.filter(({ here, note }) => here === 'not done' && note === ''),
      [],
    );
  });

  it('has each function once, and counts them', () => {
    assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
    const done = rows.filter(({ here }) => here !== 'not done').length;
    assert(page.includes(`${done} of the ${rows.length} functions are there.`));
    assert(rows.length > 330);
  });
});
