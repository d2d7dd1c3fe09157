// Shows the values under the pointer. Each figure carries its numbers as JSON; without this script the page is complete
// but for that.

const tip = document.createElement('div');
tip.className = 'tip';
tip.hidden = true;
document.body.append(tip);

for (const figure of document.querySelectorAll('figure')) {
  const json = figure.querySelector('script[type="application/json"]');
  if (json === null) continue;
  const data = JSON.parse(json.textContent);
  const svg = figure.querySelector('svg');
  svg.addEventListener('pointermove', (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const html = data.map === undefined ? showLines(svg, data, point) : describeMap(data.map, point);
    tip.hidden = html === undefined;
    if (html === undefined) return;
    tip.innerHTML = html;
    const isRight = event.clientX > innerWidth / 2;
    tip.style.left = isRight ? 'auto' : `${event.pageX + 14}px`;
    tip.style.right = isRight ? `${document.documentElement.clientWidth - event.pageX + 14}px` : 'auto';
    tip.style.top = `${event.pageY + 14}px`;
  });
  svg.addEventListener('pointerleave', () => {
    tip.hidden = true;
    svg.querySelector('.pointer')?.replaceChildren();
  });
}

/** The values of all series at the point of the first one that is nearest in x. */
function showLines(svg, { box, x, y, series }, point) {
  const pointer = svg.querySelector('.pointer');
  pointer.replaceChildren();
  if (point.x < box.left || point.x > box.right || point.y < box.top || point.y > box.bottom) return undefined;
  const across = place(x, box.left, box.right);
  const up = place(y, box.bottom, box.top);
  const found = series.flatMap(({ label, color, x: xs, y: ys }) => {
    let best = -1;
    for (let i = 0; i < xs.length; i++) {
      if (ys[i] === null || xs[i] === null) continue;
      if (best < 0 || Math.abs(across(xs[i]) - point.x) < Math.abs(across(xs[best]) - point.x)) best = i;
    }
    const isNear = best >= 0 && Math.abs(across(xs[best]) - point.x) < 40;
    return isNear ? [{ label, color, x: xs[best], y: ys[best] }] : [];
  });
  for (const { color, x: at, y: value } of found) {
    const dot = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
    dot.setAttribute('class', `s${color}`);
    dot.setAttribute('r', '4');
    dot.setAttribute('cx', across(at));
    dot.setAttribute('cy', Math.min(Math.max(up(value), box.top), box.bottom));
    pointer.append(dot);
  }
  if (found.length === 0) return undefined;
  const rows = found.map(({ label, y: value }) => `<tr><td>${label}</td><td>${show(value)}</td></tr>`);
  return `<b>${x.label}: ${show(found[0].x)}</b><table>${rows.join('')}</table>`;
}

function place({ from, to, isLog }, start, end) {
  const of = isLog ? Math.log10 : (value) => value;
  return (value) => start + ((of(value) - of(from)) / (of(to) - of(from))) * (end - start);
}

function describeMap({ left, top, width, height, columns, rows, depthUm, widthUm, unit, isLog, values }, point) {
  const across = (point.x - left) / width;
  const down = (point.y - top) / height;
  if (across < 0 || across >= 1 || down < 0 || down >= 1) return undefined;
  const value = values[Math.floor(down * rows) * columns + Math.floor(across * columns)];
  const text = isLog ? show(10 ** value) : show(value);
  return `<b>${text} ${unit}</b><br>depth ${show(down * depthUm)} µm, lateral ${show(across * widthUm)} µm`;
}

function show(value) {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(4))) : value.toExponential(3);
}
