/** Text of the page. */

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A number with a few significant digits, as a plain number where that is short, with a power of ten elsewhere. */
export function formatNumber(value: number, digits = 3): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e5) return String(Number(value.toPrecision(digits)));
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
  const power = `10<sup>${Number(exponent)}</sup>`;
  return Number(mantissa) === 1 ? power : `${Number(mantissa)}&#8201;&#215;&#8201;${power}`;
}

/** Fewer digits for data that only the pointer shows: the page stays small. */
export function roundForPage(value: number, digits = 5): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : null;
}

/** JSON that can stand inside a script element. */
export function embedJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
