/**
 * Lines of a terminal as a picture.
 *
 * @module
 */

const LINE_HEIGHT = 20;
const CHARACTER_WIDTH = 8.43;
const MARGIN = 18;

/** An SVG of some lines. Those that begin with `$` are what was typed. */
export function svg(lines: readonly string[]): string {
  const longest = Math.max(...lines.map((line) => line.length));
  const [width, height] = [Math.ceil(longest * CHARACTER_WIDTH) + 2 * MARGIN, lines.length * LINE_HEIGHT + 2 * MARGIN];
  const texts = lines.map((line, index) => {
    const y = MARGIN + (index + 0.75) * LINE_HEIGHT;
    const colour = line.startsWith("$ ") ? "#7ee787" : "#e6edf3";
    return `  <text x="${MARGIN}" y="${y}" fill="${colour}" xml:space="preserve">${escaped(line)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    `  font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" role="img">`,
    `  <title>${escaped(lines.find((line) => line.startsWith("$ "))?.slice(2) ?? "")}</title>`,
    `  <rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    ...texts,
    "</svg>",
    "",
  ].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
