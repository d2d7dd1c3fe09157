/** What the program recorded: brackets by PE, statistics over time, notes; and what else the runtime spent time on. */
import type { StatSeries, UserEvents } from '../../../analysis/user-events.ts';
import { drawTimeAxis, drawValueAxis } from '../axis.ts';
import { boxHit, type Hit } from '../chart-view.ts';
import { formatCount, formatMoment, formatTime } from '../format.ts';
import type { Painter } from '../painter.ts';
import { SelectionView } from '../selection-view.ts';
import type { Table } from '../view.ts';

const [barHeight, seriesHeight] = [24, 130];

export class UserEventsView extends SelectionView<'userEvents'> {
  protected readonly asks = 'userEvents';
  readonly id = 'events';
  readonly title = 'User events';
  readonly question = 'What did the program itself record, and what did the runtime do beside executing?';

  protected override heightFor({ spans, points, stats, notes }: UserEvents): number {
    return (
      90 +
      spans.length * barHeight +
      points.length * 20 +
      stats.length * seriesHeight +
      Math.min(200, notes.length) * 18
    );
  }

  protected render(painter: Painter, data: UserEvents, hits: Hit[]): void {
    const { palette } = this.context;
    const isEmpty = data.spans.length + data.points.length + data.stats.length + data.notes.length === 0;
    if (isEmpty) {
      painter.text(20, 30, 'Nothing was recorded in this selection.', { color: palette.faint, size: 13 });
      return;
    }
    let y = this.#spans(painter, data, 14, hits);
    for (const { name, count } of data.points) {
      painter.text(200, y, name, { color: palette.text, size: 12, align: 'right', widthMax: 180 });
      painter.text(212, y, `${formatCount(count)} times`, { color: palette.faint, size: 12 });
      y += 20;
    }
    for (const series of data.stats) y = this.#series(painter, series, y + 10);
    for (const { pe, time, text } of data.notes.slice(0, 200)) {
      painter.text(20, y, `${formatMoment(time, 1e3)}  PE ${pe}  ${text}`, {
        color: palette.text,
        size: 12,
        widthMax: painter.width - 40,
      });
      const click = (): void => {
        const { store } = this.context;
        const half = (store.state.end - store.state.begin) / 20;
        store.setWindow(time - half, time + half);
        store.set({ view: 'timeline' });
      };
      hits.push(
        boxHit(
          { x: 20, y: y - 9, width: painter.width - 40, height: 18 },
          { text: `${text}\nclick: show in the timeline`, click },
        ),
      );
      y += 18;
    }
  }

  #spans(painter: Painter, { spans }: UserEvents, top: number, hits: Hit[]): number {
    const { palette, store, info } = this.context;
    const pes = store.state.pes ?? info.pes;
    const most = Math.max(1, ...spans.map(({ total }) => total));
    const width = painter.width - 420;
    for (const [i, { name, kind, count, total, longest, byPe }] of spans.entries()) {
      const y = top + i * barHeight;
      painter.text(200, y + 9, name, { color: palette.text, size: 12, align: 'right', widthMax: 180 });
      let x = 212;
      for (const [at, ns] of byPe.entries()) {
        const part = (ns / most) * width;
        if (part <= 0) continue;
        painter.rect(x, y + 1, part, barHeight - 6, at % 2 === 0 ? palette.accent : palette.faint, 0.85);
        const text = `${name} (${kind}) on PE ${pes[at]}: ${formatTime(ns)}`;
        hits.push(boxHit({ x, y, width: part, height: barHeight }, { text }));
        x += part;
      }
      painter.text(x + 8, y + 9, `${formatTime(total)}, ${formatCount(count)} times, longest ${formatTime(longest)}`, {
        color: palette.faint,
        size: 11,
      });
    }
    return top + spans.length * barHeight + 14;
  }

  #series(painter: Painter, { name, pe, time, value }: StatSeries, top: number): number {
    const { palette, store } = this.context;
    const { begin, end } = store.state;
    const box = { x: 90, y: top + 30, width: painter.width - 120, height: seriesHeight - 60 };
    painter.text(20, top + 8, name, { color: palette.text, size: 12, isBold: true });
    const x = (at: number): number => box.x + ((at - begin) / (end - begin)) * box.width;
    drawTimeAxis(painter, { begin, end, x }, palette, { ...box, y: box.y - 4 });
    const most = value.reduce((max, one) => Math.max(max, one), 0);
    const y = drawValueAxis(painter, palette, box, most, (one) => formatCount(one));
    for (const one of new Set(pe)) {
      const points: number[] = [];
      for (let i = 0; i < pe.length; i++) if (pe[i] === one) points.push(x(time[i]!), y(value[i]!));
      if (points.length === 2) painter.rect(points[0]! - 2, points[1]! - 2, 4, 4, palette.accent);
      else painter.line(points, palette.accent, 1);
    }
    return top + seriesHeight;
  }

  protected tableOf({ spans, points, stats, notes }: UserEvents): Table {
    const rows: (string | number)[][] = [
      ...spans.map(({ kind, name, count, total, longest }) => [kind, name, count, total, longest]),
      ...points.map(({ name, count }) => ['event', name, count, 0, 0]),
      ...stats.map(({ name, pe }) => ['values', name, pe.length, 0, 0]),
      ...notes.map(({ pe, time, text }) => ['note', `PE ${pe} at ${formatMoment(time, 1e3)}: ${text}`, 1, 0, 0]),
    ];
    return {
      columns: [
        { title: 'kind' },
        { title: 'name' },
        { title: 'count', format: formatCount },
        { title: 'total', format: formatTime },
        { title: 'longest', format: formatTime },
      ],
      rows,
    };
  }
}
