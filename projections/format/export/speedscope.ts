/** For speedscope: a profile a PE, with entry methods and idle time as frames. Nanoseconds. */
import { entryName, type PeTrace, type Trace } from '../../model/trace.ts';

/** The file, piece by piece. */
export function* speedscopeJson(trace: Trace): Generator<string> {
  const names = ['(none)', ...trace.info.entries.map((_, row) => entryName(trace.info, row)), 'idle'];
  const head = {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name: trace.name,
    exporter: 'charm4ts',
    activeProfileIndex: 0,
    shared: { frames: names.map((name) => ({ name })) },
  };
  yield `${JSON.stringify(head).slice(0, -1)},"profiles":[`;
  for (const [i, pe] of trace.pes.entries()) {
    const profile = {
      type: 'evented',
      name: `PE ${pe.pe}`,
      unit: 'nanoseconds',
      startValue: pe.begin,
      endValue: pe.end,
    };
    yield `${i === 0 ? '' : ','}\n${JSON.stringify(profile).slice(0, -1)},"events":[`;
    let separator = '';
    for (const event of eventsOf(pe, names.length - 1)) {
      yield separator + event;
      separator = ',';
    }
    yield ']}';
  }
  yield '\n]}\n';
}

/** Executions and idle times, which do not overlap, in their order. */
function* eventsOf({ executions, idles }: PeTrace, idleFrame: number): Generator<string> {
  let idle = 0;
  const slice = (frame: number, begin: number, end: number): string =>
    `{"type":"O","frame":${frame},"at":${begin}},{"type":"C","frame":${frame},"at":${end}}`;
  for (let row = 0; row < executions.begin.length; row++) {
    for (; idle < idles.begin.length && idles.begin[idle]! <= executions.begin[row]!; idle++)
      yield slice(idleFrame, idles.begin[idle]!, Math.min(idles.end[idle]!, executions.begin[row]!));
    const end = Math.min(executions.end[row]!, idles.begin[idle] ?? Number.POSITIVE_INFINITY);
    yield slice(executions.entry[row]! + 1, executions.begin[row]!, end);
  }
  for (; idle < idles.begin.length; idle++) yield slice(idleFrame, idles.begin[idle]!, idles.end[idle]!);
}
