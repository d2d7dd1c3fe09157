/** Files of a program that ask to be compiled to be resumable: what could not be done is an error or a warning, as they wish. */
import { CharmError } from '../core/base/errors.ts';
import type { Wish } from '../resumable/compile/program-source.ts';

/** What a file asks for, by a directive or a field of a class; undefined: to be left as it is. */
export function wishOf(source: string): Wish | undefined {
  const directive = /^\s*(?:\/\*[\s\S]*?\*\/\s*|\/\/.*\n\s*)*(['"])use resumable( where possible)?\1/.exec(source);
  if (directive !== null) return directive[2] === undefined ? 'all' : 'where possible';
  const field =
    /^\s*static\s+(?:override\s+)?(?:readonly\s+)?resumable\s*(?::[^=\n]+)?=\s*(true|(['"])where possible\2)/m.exec(
      source,
    );
  if (field === null) return undefined;
  return field[1] === 'true' ? 'all' : 'where possible';
}

/** The file as JavaScript whose async functions are resumable. @throws CharmError ERR_PROGRAM for what can't be. */
export async function loadResumable(file: string, source: string, wish: Wish): Promise<string> {
  // Babel is loaded only where it is needed.
  const { compileSource, describeRefusals } = await import('../resumable/compile/program-source.ts');
  const { code, refusals } = await compileSource(file, source);
  if (refusals.length === 0) return code;
  const lines = describeRefusals(file, refusals);
  if (wish === 'all')
    throw new CharmError(
      'ERR_PROGRAM',
      `${file} can't be compiled to be resumable\n  ${lines}\n  Change these, or write 'where possible': chares then stay where they are while these wait`,
    );
  console.warn(`chares stay where they are while these wait:\n  ${lines}`);
  return code;
}
