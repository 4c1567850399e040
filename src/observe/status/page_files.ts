/**
 * The style sheet and the script of the status page.
 *
 * @module
 */

/** The style sheet: dark or light as the reader's system, for wide and narrow screens. */
export const STYLE = `:root {
  color-scheme: light dark;
  --line: light-dark(#d8dee4, #30363d);
  --faint: light-dark(#57606a, #9198a1);
  --good: light-dark(#1a7f37, #3fb950);
  --bad: light-dark(#cf222e, #ff7b72);
}
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 90rem; padding: 1rem 1.5rem;
  background: light-dark(#ffffff, #0d1117); color: light-dark(#1f2328, #e6edf3); }
header { border-left: .4rem solid var(--good); padding-left: 1rem; }
header.bad { border-color: var(--bad); }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 1.6rem 0 .3rem; }
p { margin: .2rem 0; overflow-wrap: anywhere; }
header p, footer, section > p { color: var(--faint); }
p.bad, td.bad { color: var(--bad); font-weight: 600; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
th { color: var(--faint); font-weight: 500; overflow-wrap: normal; }
td[data-title="profiles"], td[data-title^="p50"] { overflow-wrap: normal; }
footer { margin-top: 2rem; }
a { color: inherit; }
@media (max-width: 46rem) {
  body { padding: .8rem; }
  table, tbody, tr, td { display: block; }
  thead { display: none; }
  tr { border-bottom: 1px solid var(--line); padding: .4rem 0; }
  td { border: 0; padding: .1rem 0; display: grid; grid-template-columns: 7.5rem 1fr; }
  td::before { content: attr(data-title); color: var(--faint); font-weight: 400; }
  td:empty { display: none; }
}
`;

/** Shows updates of the server, but not while the reader selects text to copy. */
export const SCRIPT = `"use strict";
const status = document.getElementById("status");
const live = document.getElementById("live");
const events = new EventSource("/events");
events.onopen = () => live.textContent = "live";
events.onerror = () => live.textContent = "no answer, trying again";
events.onmessage = ({ data }) => {
  const selection = getSelection();
  if (selection !== null && !selection.isCollapsed) return;
  status.innerHTML = data;
  document.title = status.querySelector("h1").textContent;
};
`;
