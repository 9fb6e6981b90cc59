// One container: where it stands, its last minutes, and what every rule makes of it.

import { h, put, s, said } from "./dom.js";
import { UNKNOWN, amountOf, bytes, cores, count, duration, percent } from "./format.js";
import { ask } from "./live.js";
import { bar, draw, shape, word } from "./marks.js";
import { outcome, when } from "./decisions.js";

const EVERY = 2000;
const MARKS = { "not-selected": "skipped", broken: "stuck", exempt: "protected", "out-of-sight": "unknown", within: "ok", unknown: "unknown", whole: "watched", cooling: "held", said: "held", ending: "ending", resting: "held", gated: "held", limited: "held", holding: "breaching", ready: "breaching" };

export class ContainerPage {
  title = "Container";

  constructor(live, id) {
    this.live = live;
    this.id = id;
    this.root = h("div", null, h("p", { class: "empty" }, "Loading…"));
    this.update = () => this.#load();
    live.addEventListener("decision", this.update);
    this.timer = setInterval(() => { if (!document.hidden) this.#load(); }, EVERY);
    this.#load();
  }

  leave() {
    clearInterval(this.timer);
    this.live.removeEventListener("decision", this.update);
  }

  async #load() {
    let told;
    try { told = await ask(`containers/${encodeURIComponent(this.id)}`); } catch (error) { this.#gone(error.message); return; }
    this.told = told;
    this.title = told.name;
    document.title = `${told.name} · reactor`;
    // Who reads, or has marked something, is not disturbed.
    if (String(getSelection()) && this.root.contains(getSelection().anchorNode)) return;
    const open = this.root.querySelector("details")?.open;
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset?.key : null;
    put(this.root, this.#head(told), this.#cards(told), this.#rules(told, open), this.#decisions(told.id));
    if (focused) this.root.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #gone(why) {
    const past = this.live.decisions.filter((one) => one.container === this.id);
    put(this.root, h("nav", { class: "crumbs" }, h("a", { href: "#/containers" }, "Containers")),
      h("section", { class: "panel" }, h("p", { class: "empty" }, this.told ? "This container is gone. " : "", `${why[0].toUpperCase()}${why.slice(1)}.`)),
      past.length ? this.#decisions(this.id) : null);
  }

  #head(told) {
    const row = told.row;
    const nearest = row.nearest;
    const sentence = told.kept_by ? `No rule acts: ${told.kept_by}.` : nearest ? `Nearest: ${nearest.field} ${amountOf(nearest)}, by ${nearest.rule}${nearest.dry_run ? ", which only says so" : ""}.` : "No rule measures anything of it.";
    return h("header", { class: "title" },
      h("nav", { class: "crumbs", "aria-label": "Where this is" }, h("a", { href: "#/containers", "data-key": "back" }, "Containers")),
      h("h1", null, said(told.name)),
      h("p", null, told.alive ? shape(row.status, word(row.status)) : shape("skipped", "over"), " ", h("span", { class: "muted" }, sentence)),
      told.extended ? h("p", { class: "muted" }, told.extended) : null,
      h("p", { class: "muted" }, h("code", null, told.id.slice(0, 12)), " · ", said(told.image), told.task ? ` · task ${told.task}` : "", row.owner ? ` · owner ${row.owner}` : "", told.mains.length ? ` · lives for ${told.mains.join(", ")}` : "", told.sidecars.length ? ` · its sidecars: ${told.sidecars.join(", ")}` : ""));
  }

  #cards(told) {
    const row = told.row, points = told.history.lines[told.id] || { memory: [], pids: [] };
    const span = duration(told.history.every * Math.max(points.pids.length, 1));
    const card = (label, value, under, values, top) => {
      const drawing = s("svg", { class: "line big", viewBox: "0 0 320 64", preserveAspectRatio: "none", role: "img", "aria-label": `${label}, the last ${span}` });
      if (values) draw(drawing, values, 320, 64, top);
      return h("div", { class: "card" }, h("h3", null, label), h("p", { class: "big" }, value), h("p", { class: "muted" }, under), values ? drawing : null, values ? h("p", { class: "axis" }, values.length > 1 ? `the last ${span}` : "a line comes after some seconds") : null);
    };
    const fresh = row.sample_age === null ? "no reading so far" : row.sample_age > 10 ? `last reading ${duration(row.sample_age)} ago` : "read now";
    return h("div", { class: "cards three" },
      card("PIDs", row.pids === null ? UNKNOWN : count(row.pids), row.pids_limit ? `of ${count(row.pids_limit)} that the kernel allows` : fresh, points.pids),
      card("Memory", bytes(row.memory), row.memory_limit ? `of ${bytes(row.memory_limit)}${row.memory !== null ? `, ${percent(row.memory / row.memory_limit)}` : ""}` : "no limit of its own", points.memory),
      h("div", { class: "card plain" },
        h("dl", null,
          h("dt", null, "Processor"), h("dd", null, row.cpu === null ? UNKNOWN : `${cores(row.cpu)} cores`),
          h("dt", null, "Age"), h("dd", null, told.age === null ? "unknown" : duration(told.age)),
          h("dt", null, "State"), h("dd", null, told.state),
          h("dt", null, "Restarts"), h("dd", null, row.restarts === null ? UNKNOWN : count(row.restarts)),
          h("dt", null, "Readings"), h("dd", null, fresh),
          told.owner && told.owner.state ? [h("dt", null, "Owner"), h("dd", null, `${told.owner.state}: ${told.owner.said}`)] : null)));
  }

  #rules(told, open) {
    const order = (rule) => Math.max(-1, ...rule.distances.map((each) => each.share ?? -1)) - (rule.dry_run ? 100 : 0);
    const mine = told.rules.filter((rule) => rule.stand !== "not-selected").sort((a, b) => order(b) - order(a));
    const others = told.rules.length - mine.length;
    return h("section", { class: "panel", "aria-label": "Rules" }, h("h2", null, "What the rules make of it"),
      mine.length ? h("table", { class: "grid stands", "aria-label": "Rules" },
        h("thead", null, h("tr", null, ["Rule", "Stands", "Distance"].map((label) => h("th", { scope: "col" }, label)))),
        h("tbody", null, mine.map((rule) => this.#rule(rule)))) : h("p", { class: "empty" }, "No rule is for it."),
      others ? h("p", { class: "note" }, `${count(others)} more rules do not select it.`) : null);
  }

  #rule(rule) {
    const due = rule.due_in !== null ? `${rule.action}${rule.dry_run ? " (dry run)" : ""} in ${duration(rule.due_in)} if nothing changes` : "";
    const name = h("span", { class: "who" }, h("strong", null, rule.rule, rule.level ? ` (${rule.level})` : ""), h("small", null, rule.dry_run ? "dry run" : rule.action));
    return h("tr", { class: rule.dry_run ? "dry" : "" },
      h("td", { class: "c-name" }, h("span", { class: "mark" }, shape(MARKS[rule.stand] || "unknown")), name),
      h("td", { class: "c-stands" }, rule.sentence, h("small", null, h("code", null, rule.said || rule.condition)), [...rule.remarks, due].filter(Boolean).map((each) => h("small", null, each))),
      h("td", { class: "c-distance" }, rule.distances.map((far) => {
        const drawn = bar();
        drawn.show(far.share === null ? null : { share: far.share, dry_run: rule.dry_run, unit: "number", value: far.share, bound: 1, rule: rule.rule, field: far.comparison });
        return h("div", null, h("span", { class: "far" }, drawn.root, h("b", { class: "share" }, far.share === null ? "" : percent(far.share))), h("small", null, far.said));
      })));
  }

  #decisions(id) {
    const past = this.live.decisions.filter((one) => one.container === id).slice(0, 10);
    if (!past.length) return null;
    return h("section", { class: "panel", "aria-label": "Decisions" }, h("h2", null, "Decided about it"),
      h("ol", { class: "feed flat" }, past.map((one) => h("li", null, h("a", { class: "row", href: `#/decisions/${one.id}`, "data-key": one.id }, one.rule), h("div", null, outcome(one), when(one.at)), h("small", null, one.reason)))));
  }
}
