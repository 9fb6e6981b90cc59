// Small drawings: the shape of a status, the bar of a distance, the line of the last minutes.
// Every colour has a shape and a word beside it.

import { h, s } from "./dom.js";
import { amountOf, percent } from "./format.js";

const SHAPES = {
  ok: ["circle", "M8 3.2a4.8 4.8 0 1 0 .01 0z"],
  near: ["up", "M8 2.6 14.2 13.2H1.8z"],
  breaching: ["diamond", "M8 1.4 14.6 8 8 14.6 1.4 8z"],
  ending: ["cross", "M3.4 2 8 6.6 12.6 2 14 3.4 9.4 8l4.6 4.6-1.4 1.4L8 9.4 3.4 14 2 12.6 6.6 8 2 3.4z"],
  stuck: ["square", "M2.4 2.4h11.2v11.2H2.4zM7 4.6v4.6h2V4.6zm0 5.6v1.8h2v-1.8z"],
  held: ["pause", "M3.4 2.6h3.4v10.8H3.4zm5.8 0h3.4v10.8H9.2z"],
  unknown: ["question", "M8 1.4a6.6 6.6 0 1 0 .01 0zM7.1 9.6V8.4c0-1.5 2-1.7 2-2.9 0-.6-.5-.9-1.1-.9s-1.1.4-1.2 1.1H5.1C5.2 4 6.4 3 8 3s2.9.9 2.9 2.4c0 1.9-2 2.1-2 3.2v1zm0 1h1.8v1.8H7.1z"],
  watched: ["ring", "M8 2.6a5.4 5.4 0 1 0 .01 0zm0 1.6a3.8 3.8 0 1 1-.01 0z"],
  skipped: ["dash", "M2.4 7h11.2v2H2.4z"],
  protected: ["shield", "M8 1.4 13.6 3.4v4c0 3.4-2.4 5.8-5.6 7.2-3.2-1.4-5.6-3.8-5.6-7.2v-4z"],
};

// The worst first, as everywhere.
const WORDS = {
  stuck: "cannot be ended", ending: "being ended", breaching: "breaching", held: "held back", unknown: "no readings", near: "near a limit",
  ok: "ok", watched: "only watched", skipped: "skipped", protected: "protected",
};

export const STATUSES = Object.keys(WORDS);
export const word = (status) => WORDS[status] || status;

// Which shape stands for a colour in places that are not about a container.
const TONES = { good: "ok", warn: "near", bad: "breaching", none: "watched", unknown: "unknown" };

export function shape(status, label) {
  const path = (SHAPES[status] || SHAPES.unknown)[1];
  const drawing = s("svg", { viewBox: "0 0 16 16", class: `shape ${status}`, "aria-hidden": "true" },
    s("path", { d: path, "fill-rule": "evenodd" }));
  return label ? h("span", { class: `status ${status}` }, drawing, label) : drawing;
}
export const tone = (name, label) => shape(TONES[name], label);

// How far on: the tick is where the rule acts, what is beyond it is red.
const TICK = 0.8;
export function bar() {
  const done = h("i"), tick = h("b");
  const root = h("span", { class: "bar", role: "img" }, done, tick);
  return {
    root,
    show(nearest) {
      root.hidden = !nearest;
      if (!nearest) return;
      const share = Math.max(0, Math.min(nearest.share, 1 / TICK));
      done.style.width = `${(share * TICK * 100).toFixed(1)}%`;
      root.dataset.level = nearest.share >= 1 ? "over" : nearest.share >= 0.8 ? "near" : "calm";
      root.classList.toggle("dry", nearest.dry_run);
      const of = amountOf(nearest);
      root.setAttribute("aria-label", `${percent(nearest.share)} of ${nearest.rule}: ${nearest.field} ${of}`);
    },
  };
}

// A line of points; where nothing is known there is a gap. Its foot is zero.
export function line(points, { width = 72, height = 18, top = 0, area = true } = {}) {
  const drawing = s("svg", { class: "line", viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true", preserveAspectRatio: "none" });
  draw(drawing, points, width, height, top, area);
  return drawing;
}
export function draw(drawing, points, width, height, top = 0, area = true) {
  const values = (points || []).filter((point) => point !== null);
  if (values.length < 3) { drawing.replaceChildren(); return; }
  const most = Math.max(top, ...values) * 1.12 || 1, slots = Math.max(points.length, 24);
  const x = (index) => ((slots - points.length + index) / (slots - 1)) * (width - 3) + 1;
  const y = (value) => height - 1.5 - (value / most) * (height - 3);
  const runs = [];
  let run = null;
  points.forEach((point, index) => {
    if (point === null) { run = null; return; }
    if (!run) runs.push((run = []));
    run.push([x(index), y(point)]);
  });
  const path = (each) => each.map(([a, b], index) => `${index ? "L" : "M"}${a.toFixed(1)} ${b.toFixed(1)}`).join("");
  const parts = [];
  for (const each of runs) {
    if (each.length < 2) continue;
    const [first, last] = [each[0][0], each[each.length - 1][0]];
    if (area && each.length > 5) parts.push(s("path", { class: "under", d: `${path(each)}L${last.toFixed(1)} ${height}L${first.toFixed(1)} ${height}Z` }));
    parts.push(s("path", { class: "over", d: path(each), "vector-effect": "non-scaling-stroke" }));
  }
  const end = runs[runs.length - 1];
  if (end && points[points.length - 1] !== null) {
    const [a, b] = end[end.length - 1];
    parts.push(s("circle", { cx: a.toFixed(1), cy: b.toFixed(1), r: 1.6 }));
  }
  drawing.replaceChildren(...parts);
}
