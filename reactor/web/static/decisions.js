// What was decided and what came of it, the latest first.

import { isUsual } from "./canaries.js";
import { h, put, said, text } from "./dom.js";
import { ago, iso, moment } from "./format.js";
import { ask } from "./live.js";
import { shape } from "./marks.js";

const DONE = { kill: "killed", stop: "stopped", restart: "restarted", remove: "removed", pause: "paused", limit: "limited", notice: "told", evidence: "evidence kept", exec: "program run", webhook: "reported" };
const WHY = {
  "already-over": "was over already", gone: "was gone already", stale: "another run had begun", impostor: "was another container", protected: "is protected",
  "no-rule": "the rule is gone", strict: "the journal could not take it", forbidden: "the engine does not let us", wedged: "the engine does not get it done",
  unreachable: "the engine does not answer", "stage-failed": "a step did not come off", interrupted: "was interrupted", "given-up": "given up",
};

// One word, a shape and a colour for what came of a decision.
export function outcomeOf(one) {
  if (one.dry_run) return { word: `would be ${DONE[one.action] || one.action}`, mark: "watched", class: "dry" };
  if (one.result === "done" && ["already-over", "gone"].includes(one.why)) return { word: WHY[one.why], mark: "dash", class: "skipped" };
  if (one.result === "done") return { word: DONE[one.action] || one.action, mark: "ending", class: "done" };
  if (one.result === "open") return { word: "under way", mark: "near", class: "open" };
  const mark = one.result === "refused" ? "held" : one.result === "unknown" ? "stuck" : "breaching";
  return { word: `${one.result}: ${WHY[one.why] || one.why}`, mark, class: one.result };
}

export const when = (at) => h("time", { datetime: iso(at), title: moment(at), "data-at": at }, ago(at));

export function outcome(one) {
  const found = outcomeOf(one);
  return h("span", { class: `outcome ${found.class}` }, shape(found.mark === "dash" ? "skipped" : found.mark), found.word);
}

// The short list beside the containers.
export class Feed {
  constructor(live) {
    this.live = live;
    this.list = h("ol", { class: "feed" });
    this.root = h("aside", { class: "panel narrow", "aria-label": "Latest decisions" },
      h("h2", null, "Latest decisions", h("a", { href: "#/decisions" }, "all")), this.list);
    this.update = () => this.#show();
    live.addEventListener("decision", this.update);
    live.addEventListener("status", this.update);
    this.#show();
  }

  leave() {
    this.live.removeEventListener("decision", this.update);
    this.live.removeEventListener("status", this.update);
  }

  #show() {
    const acted = this.live.decisions.filter((one) => (!one.dry_run || this.live.status?.dry_run) && !isUsual(one)).slice(0, 12);
    const print = acted.map((one) => one.cursor).join() || (this.live.decisions.some(isUsual) ? "canaries" : "");
    if (print === this.print) return;
    const fresh = Boolean(this.print);
    this.print = print;
    if (!acted.length) { put(this.list, h("li", { class: "empty" }, print ? "Nothing but canaries was ended of late." : "Nothing was ended so far.")); return; }
    put(this.list, acted.map((one, index) => h("li", { class: fresh && index === 0 && one === this.live.latest ? "new" : "" },
      h("a", { class: "row", href: `#/decisions/${one.id}` }, said(one.name)),
      h("div", null, outcome(one), when(one.at)),
      h("small", { title: one.reason }, `${one.rule}: ${one.reason}`))));
  }
}

const KINDS = [["", "all"], ["acted", "acted"], ["dry", "dry run"], ["trouble", "trouble"], ["canaries", "canaries"]];

export class Decisions {
  title = "Decisions";

  constructor(live) {
    this.live = live;
    this.kind = "";
    this.text = "";
    this.search = h("input", { type: "search", placeholder: "Filter by container, rule, reason", "aria-label": "Filter decisions", maxlength: 100, on: { input: () => { this.text = this.search.value.trim().toLowerCase(); this.#show(); } } });
    this.chips = h("div", { class: "chips", role: "group", "aria-label": "Only decisions that" });
    this.body = h("tbody");
    this.empty = h("p", { class: "empty", hidden: true });
    this.older = h("button", { type: "button", class: "quiet", on: { click: () => this.#older() } }, "older");
    this.root = h("section", { class: "panel", "aria-label": "Decisions" },
      h("div", { class: "tools" }, h("div", { class: "search" }, this.search, h("kbd", { "aria-hidden": "true" }, "/")), this.chips),
      h("table", { class: "grid decisions", "aria-label": "Decisions" },
        h("thead", null, h("tr", null, ["When", "Container", "Outcome", "Rule", "Reason", "Exit"].map((name) => h("th", { scope: "col", class: name === "Exit" ? "number" : "" }, name)))), this.body),
      this.empty, this.older);
    this.update = () => this.#show();
    live.addEventListener("decision", this.update);
    this.#show();
  }

  leave() { this.live.removeEventListener("decision", this.update); }

  async #older() {
    this.older.disabled = true;
    try {
      const told = await ask(`decisions?before=${encodeURIComponent(this.live.older)}&limit=100`);
      this.live.decisions = [...this.live.decisions, ...told.decisions.reverse()];
      this.done = told.cursor === this.live.older || !told.decisions.length;
      this.live.older = told.cursor;
    } catch (error) { text(this.empty, error.message); this.empty.hidden = false; }
    this.older.disabled = false;
    this.#show();
  }

  #matches(one) {
    if (isUsual(one) !== (this.kind === "canaries")) return false;
    if (this.kind === "dry" && !one.dry_run) return false;
    if (this.kind === "acted" && (one.dry_run || one.result !== "done")) return false;
    if (this.kind === "trouble" && (one.dry_run || one.result === "done")) return false;
    return !this.text || [one.name, one.rule, one.reason, one.container, one.id].some((each) => each.toLowerCase().includes(this.text));
  }

  #show() {
    const kinds = KINDS.filter(([kind]) => kind !== "canaries" || this.kind === kind || this.live.decisions.some(isUsual));
    put(this.chips, kinds.map(([kind, label]) => h("button", { type: "button", class: "chip", "aria-pressed": String(this.kind === kind), on: { click: () => { this.kind = kind; this.#show(); } } }, label)));
    const shown = this.live.decisions.filter((one) => this.#matches(one));
    this.rows ||= new Map();
    const rows = shown.map((one) => {
      if (!this.rows.has(one.cursor)) this.rows.set(one.cursor, this.#row(one));
      return this.rows.get(one.cursor);
    });
    if (rows.length !== this.body.children.length || rows.some((row, index) => this.body.children[index] !== row)) put(this.body, rows);
    this.empty.hidden = rows.length > 0;
    text(this.empty, this.kind || this.text ? "Nothing is like that." : this.live.decisions.length ? "Nothing but canaries was ended of late." : "Nothing was decided so far: no rule had a reason to.");
    this.older.hidden = !this.live.older || this.done || /-0$/.test(this.live.older);
  }

  #row(one) {
    const link = h("a", { class: "row", href: `#/decisions/${one.id}` }, said(one.name));
    return h("tr", { class: one.dry_run ? "dry" : "", on: { click: (event) => { if (!event.target.closest("a") && !String(getSelection())) link.click(); } } },
      h("td", { class: "c-when" }, when(one.at)),
      h("td", { class: "c-name" }, h("span", { class: "who" }, link, h("small", null, one.cause ? "along with another" : one.task && one.task !== one.name ? `task ${one.task}` : ""))),
      h("td", { class: "c-outcome" }, outcome(one)),
      h("td", { class: "c-rule" }, h("code", null, one.rule)),
      h("td", { class: "c-reason" }, h("span", { title: one.reason }, one.reason)),
      h("td", { class: "number c-exit" }, one.exit_code === null ? "" : String(one.exit_code)));
  }
}
