// Everything that lives, the nearest to its end first.

import { arrange, h, put, s, said, text } from "./dom.js";
import { UNKNOWN, amountOf, bytes, cores, count, duration, now, percent } from "./format.js";
import { STATUSES, bar, draw, line, shape, word } from "./marks.js";
import { Feed } from "./decisions.js";

const COLUMNS = [
  ["name", "Container", ""],
  ["distance", "Nearest limit", ""],
  ["pids", "PIDs", "number"],
  ["memory", "Memory", "number"],
  ["cpu", "CPU", "number"],
  ["age", "Age", "number"],
];
const LARGEST_FIRST = new Set(["pids", "memory", "cpu", "age"]);
const FIRST = 200, MOST = 500;
const GHOST = 3500;

export class Containers {
  title = "Containers";

  constructor(live) {
    this.live = live;
    this.cells = new Map();
    this.limit = FIRST;
    this.#build();
    this.update = () => this.#show();
    this.decided = () => this.#ended();
    live.addEventListener("containers", this.update);
    live.addEventListener("decision", this.decided);
  }

  leave() {
    this.live.removeEventListener("containers", this.update);
    this.live.removeEventListener("decision", this.decided);
    this.feed.leave();
  }

  // The address says what is wanted, so that it can be kept and sent to somebody.
  turn(query) {
    this.text = query.get("q") || "";
    this.status = query.get("status") || "";
    this.rule = query.get("rule") || "";
    this.sort = query.get("sort") || "distance";
    if (this.search.value !== this.text && document.activeElement !== this.search) this.search.value = this.text;
    for (const [key, head] of Object.entries(this.heads)) {
      const mine = this.sort.replace("-", "") === key;
      head.parentElement.setAttribute("aria-sort", mine ? (this.#descends() ? "descending" : "ascending") : "none");
    }
    const wanted = new URLSearchParams({ limit: this.limit, sort: this.sort });
    if (this.text) wanted.set("q", this.text);
    if (this.status) wanted.set("status", this.status);
    if (this.rule) wanted.set("rule", this.rule);
    this.live.select(wanted.toString());
    this.#show();
  }

  #descends() {
    return this.sort === "distance" || this.sort.startsWith("-");
  }

  #go(changes) {
    const query = new URLSearchParams();
    const next = { q: this.text, status: this.status, rule: this.rule, sort: this.sort === "distance" ? "" : this.sort, ...changes };
    for (const [key, value] of Object.entries(next)) if (value) query.set(key, value);
    const written = query.toString();
    history.replaceState(null, "", `#/containers${written ? `?${written}` : ""}`);
    this.turn(query);
  }

  #build() {
    this.search = h("input", { type: "search", placeholder: "Filter by name, image, task, owner", "aria-label": "Filter containers", maxlength: 100, autocomplete: "off", spellcheck: "false", on: {
      input: () => { clearTimeout(this.typing); this.typing = setTimeout(() => this.#go({ q: this.search.value.trim() }), 150); },
      keydown: (event) => { if (event.key === "Escape" && this.search.value) { this.search.value = ""; this.#go({ q: "" }); } if (event.key === "ArrowDown") { event.preventDefault(); this.body.querySelector("a.row")?.focus(); } },
    } });
    this.chips = h("div", { class: "chips", role: "group", "aria-label": "Only containers that are" });
    this.heads = {};
    const head = COLUMNS.map(([key, label, kind]) => {
      this.heads[key] = h("button", { type: "button", on: { click: () => this.#by(key) } }, label, h("i", { "aria-hidden": "true" }));
      return h("th", { scope: "col", class: `${kind} c-${key}` }, this.heads[key]);
    });
    this.body = h("tbody");
    this.empty = h("p", { class: "empty", hidden: true });
    this.more = h("button", { type: "button", class: "quiet", hidden: true, on: { click: () => { this.limit = MOST; this.turn(new URLSearchParams(location.hash.split("?")[1] || "")); } } });
    this.table = h("table", { class: "grid containers", "aria-label": "Containers" }, h("thead", null, h("tr", null, head)), this.body);
    // Rows do not move away under somebody who reads or points.
    this.table.addEventListener("pointerenter", () => { this.reading = true; });
    this.table.addEventListener("pointerleave", () => { this.reading = false; this.#show(); });
    this.feed = new Feed(this.live);
    this.root = h("div", { class: "split" },
      h("section", { class: "panel wide", "aria-label": "Containers" },
        h("div", { class: "tools" }, h("div", { class: "search" }, this.search, h("kbd", { "aria-hidden": "true" }, "/")), this.chips),
        this.table, this.empty, this.more),
      this.feed.root);
  }

  #by(key) {
    const falls = LARGEST_FIRST.has(key);
    if (key === "distance") this.#go({ sort: "" });
    else if (this.sort.replace("-", "") !== key) this.#go({ sort: falls ? `-${key}` : key });
    else this.#go({ sort: this.sort.startsWith("-") ? key : `-${key}` });
  }

  #show() {
    const { ids, total, counts } = this.live.view;
    this.#chips(counts);
    if (!ids) {
      if (!this.cells.size) { this.empty.hidden = false; text(this.empty, "Loading…"); }
      return;
    }
    const wanted = this.#order(ids);
    for (const id of wanted) this.#row(id);
    for (const [id, row] of this.cells) if (!wanted.includes(id)) { row.gone = true; this.cells.delete(id); }
    arrange(this.body, wanted.map((id) => this.cells.get(id).root));
    this.empty.hidden = wanted.length > 0;
    if (!wanted.length) this.#nothing();
    const hidden = total - ids.length;
    this.more.hidden = hidden <= 0;
    text(this.more, this.limit < MOST && hidden > 0 ? `${count(ids.length)} of ${count(total)} are shown: show more` : `${count(ids.length)} of ${count(total)} are shown: filter to see others`);
    this.more.disabled = this.limit >= MOST;
  }

  #order(ids) {
    const ghosts = [...this.cells].filter(([id, row]) => !this.live.rows.has(id) && row.until > Date.now()).map(([id]) => id);
    const all = new Set([...ids.filter((id) => this.live.rows.has(id)), ...ghosts]);
    const focused = this.body.contains(document.activeElement);
    if (!(this.reading || focused) && !ghosts.length) return [...all];
    const kept = [...this.cells.keys()].filter((id) => all.has(id));
    const place = [...this.body.children].map((row) => row.dataset.id).filter((id) => kept.includes(id));
    return [...place, ...[...all].filter((id) => !place.includes(id))];
  }

  #nothing() {
    if (!this.text && !this.status && !this.rule) { text(this.empty, "No container runs on this engine."); return; }
    const clear = h("button", { type: "button", class: "quiet", on: { click: () => { this.search.value = ""; this.#go({ q: "", status: "", rule: "" }); } } }, "show all");
    put(this.empty, "Nothing is like that: ", clear);
  }

  #chips(counts) {
    const known = STATUSES.filter((status) => counts[status] || status === this.status);
    const print = JSON.stringify([counts, this.status, this.rule]);
    if (this.printed === print) return;
    this.printed = print;
    const focused = this.chips.contains(document.activeElement) ? document.activeElement.dataset.status : null;
    const chip = (status, label, number, mark) => h("button", { type: "button", class: "chip", "aria-pressed": String(this.status === status), data: { status }, on: { click: () => this.#go({ status: this.status === status ? "" : status }) } }, mark, label, h("b", null, number));
    const all = Object.values(counts).reduce((sum, each) => sum + each, 0);
    put(this.chips, chip("", "all", all), known.map((status) => chip(status, word(status), counts[status] || 0, shape(status))));
    if (this.rule) this.chips.append(h("button", { type: "button", class: "chip", "aria-pressed": "true", title: "Show all again", on: { click: () => this.#go({ rule: "" }) } }, "rule ", said(this.rule), h("b", null, "×")));
    if (focused !== null) this.chips.querySelector(`[data-status="${focused}"]`)?.focus();
  }

  #row(id) {
    if (!this.cells.has(id)) this.cells.set(id, new Row(id));
    const row = this.live.rows.get(id);
    if (row) this.cells.get(id).show(row, this.live.lines.get(id));
  }

  // Who was just ended stays for a moment, so that one sees it go.
  #ended() {
    const one = this.live.latest;
    const row = one && !one.dry_run && one.ended_by === "reactor" ? this.cells.get(one.container) : null;
    if (!row) return;
    row.until = Date.now() + GHOST;
    row.over(`ended by ${one.rule}`);
    setTimeout(() => this.#show(), GHOST + 100);
  }
}

class Row {
  constructor(id) {
    this.until = 0;
    this.mark = h("span", { class: "mark" });
    this.link = h("a", { class: "row", href: `#/containers/${id}` });
    this.under = h("small");
    this.bar = bar();
    this.share = h("b", { class: "share" });
    this.near = h("small");
    this.pids = h("span"); this.pidsLine = s("svg", { class: "line", viewBox: "0 0 72 18", width: 72, height: 18, "aria-hidden": "true" });
    this.memory = h("span"); this.memoryLine = this.pidsLine.cloneNode();
    this.cpu = h("td", { class: "number c-cpu", "data-label": "CPU" });
    this.age = h("td", { class: "number c-age", "data-label": "Age" });
    this.root = h("tr", { data: { id }, on: { click: (event) => { if (!event.target.closest("a") && !String(getSelection())) this.link.click(); } } },
      h("td", { class: "c-name" }, this.mark, h("span", { class: "who" }, this.link, this.under)),
      h("td", { class: "c-distance" }, h("span", { class: "far" }, this.bar.root, this.share), this.near),
      h("td", { class: "number c-pids", "data-label": "PIDs" }, this.pidsLine, this.pids),
      h("td", { class: "number c-memory", "data-label": "Memory" }, this.memoryLine, this.memory),
      this.cpu, this.age);
  }

  show(row, points) {
    if (this.until > Date.now() || (row === this.last && points === this.points)) return;
    if (!this.last) this.root.classList.remove("over");
    if (!this.last || this.last.name !== row.name) put(this.link, said(row.name));
    if (!this.last || this.last.status !== row.status) { put(this.mark, shape(row.status)); this.mark.title = word(row.status); this.root.dataset.status = row.status; }
    const facts = [row.image, row.standing === "sidecar" ? `sidecar of ${row.task}` : "", row.owner ? `owner ${row.owner}` : ""].filter(Boolean).join(" · ");
    text(this.under, facts);
    this.under.title = facts;
    this.#nearest(row);
    text(this.pids, row.pids === null ? UNKNOWN : count(row.pids));
    this.pids.title = row.pids_limit ? `the kernel lets it have ${count(row.pids_limit)}` : "";
    text(this.memory, bytes(row.memory));
    this.memory.title = row.memory_limit ? `of ${bytes(row.memory_limit)}` : "no limit of its own";
    text(this.cpu, cores(row.cpu));
    this.cpu.title = "cores";
    if (row.age === null) { delete this.age.dataset.born; text(this.age, UNKNOWN); }
    else { this.age.dataset.born = row.seen - row.age; text(this.age, duration(now() - (row.seen - row.age))); }
    if (points !== this.points) { draw(this.pidsLine, points?.pids || [], 72, 18); draw(this.memoryLine, points?.memory || [], 72, 18); }
    this.root.classList.toggle("stale", row.sample_age !== null && row.sample_age > 10);
    this.last = row;
    this.points = points;
  }

  #nearest(row) {
    const near = row.nearest;
    this.bar.show(near);
    text(this.share, near ? percent(near.share) : "");
    const doing = { ending: "is being ended", stuck: "the engine does not get it ended", unknown: "no reading that counts", held: "held back", breaching: "breaching" }[row.status];
    const of = near ? `${near.field} ${amountOf(near)} · ${near.rule}${near.dry_run ? " (dry run)" : ""}` : "";
    const lasting = row.status === "breaching" && row.since !== null ? ` for ${duration(row.since)}` : "";
    text(this.near, [doing ? doing + lasting : "", of || (doing ? "" : word(row.status) === "ok" ? "no limit to measure" : word(row.status))].filter(Boolean).join(" · "));
  }

  over(why) {
    this.root.classList.add("over");
    put(this.mark, shape("ending"));
    text(this.near, why);
    this.last = null;
  }
}
