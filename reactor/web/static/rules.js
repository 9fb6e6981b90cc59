// The rules in force: what they say, whether they act, and what they make of everybody.

import { h, put, said, text } from "./dom.js";
import { count, duration } from "./format.js";
import { ask } from "./live.js";
import { shape } from "./marks.js";

const EVERY = 3000;
const COLUMNS = [["Rule", ""], ["Condition", ""], ["Does", ""], ["Applies to", "number"], ["Holds", "number"], ["Unknown", "number"]];
const STATES = {
  live: ["ok", "acts", "It ends what it says."],
  dry: ["watched", "dry run", "It only says what it would do."],
  gated: ["held", "held back", "It is new, and would act on many at once: reactor status."],
  limited: ["held", "over its limit", "It matches more at once than it may."],
  silenced: ["held", "silenced", "An operator silenced it."],
  broken: ["stuck", "broken", "It failed by a defect and is out of force."],
};

export class Rules {
  title = "Rules";

  constructor(live) {
    this.live = live;
    this.text = "";
    this.search = h("input", { type: "search", placeholder: "Filter by name, condition, file", "aria-label": "Filter rules", maxlength: 100, on: { input: () => { this.text = this.search.value.trim().toLowerCase(); this.#show(); } } });
    this.note = h("p", { class: "note" });
    this.body = h("div", null, h("p", { class: "empty" }, "Loading…"));
    this.root = h("section", { class: "panel", "aria-label": "Rules" },
      h("div", { class: "tools" }, h("div", { class: "search" }, this.search, h("kbd", { "aria-hidden": "true" }, "/")), this.note), this.body);
    this.#load();
    this.timer = setInterval(() => { if (!document.hidden) this.#load(); }, EVERY);
  }

  leave() { clearInterval(this.timer); }

  async #load() {
    try { this.told = await ask("rules"); } catch (error) { if (!this.told) put(this.body, h("p", { class: "empty" }, error.message)); return; }
    this.#show();
  }

  #show() {
    if (!this.told) return;
    const errors = this.live.status?.rules.errors || [];
    const print = JSON.stringify([this.told.rules, this.text, errors]);
    if (print === this.print) return;
    this.print = print;
    const shown = this.told.rules.filter((rule) => !this.text || [rule.name, rule.condition, rule.trigger, rule.place, rule.summary].some((each) => each.toLowerCase().includes(this.text)));
    const acting = this.told.rules.filter((rule) => rule.state === "live").length;
    text(this.note, `${count(this.told.rules.length)} rules, ${count(acting)} act; version ${this.told.version}`);
    const groups = new Map();
    for (const rule of shown) {
      const name = rule.name.split("/")[0];
      groups.set(name, [...(groups.get(name) || []), rule]);
    }
    // What acts comes before what only says so.
    const acts = (rules) => rules.some((rule) => rule.state !== "dry");
    const sorted = [...groups].sort(([, one], [, other]) => acts(other) - acts(one));
    put(this.body,
      errors.length ? h("div", { class: "trouble" }, h("p", null, "The files were read again and cannot be used; the rules before are in force:"), h("ul", null, errors.map((each) => h("li", null, h("code", null, each))))) : null,
      shown.length ? sorted.map(([name, rules]) => this.#group(name, rules)) : h("p", { class: "empty" }, this.told.rules.length ? "Nothing is like that." : "No rule is in force."));
  }

  #group(name, rules) {
    const file = rules[0].place.replace(/:\d+$/, "");
    return h("section", { class: "group" },
      h("h2", null, name, h("small", { title: file }, file.split("/").pop())),
      h("table", { class: "grid rules", "aria-label": `Rules of ${name}` },
        // Each group is a table of its own: what is below each other in all of them is said here.
        h("colgroup", null, COLUMNS.map(() => h("col"))),
        h("thead", null, h("tr", null, COLUMNS.map(([label, kind]) => h("th", { scope: "col", class: kind }, label)))),
        h("tbody", null, rules.map((rule) => this.#row(rule)))));
  }

  #row(rule) {
    const [mark, label, why] = STATES[rule.state] || STATES.live;
    const says = [rule.trigger ? `on ${rule.trigger}` : "", rule.condition].filter(Boolean).join(" while ");
    const lasting = rule.for ? ` for ${duration(rule.for)}` : "";
    return h("tr", { class: rule.state === "dry" ? "dry" : "", data: { state: rule.state } },
      h("td", { class: "c-name" }, h("span", { class: "mark" }, shape(mark)),
        h("span", { class: "who" }, h("strong", null, said(rule.name.split("/").slice(1).join("/") || rule.name), rule.level ? ` (${rule.level})` : ""), h("small", { title: `${why} ${rule.place}` }, `${label} · line ${rule.place.split(":").pop()}`))),
      h("td", { class: "c-condition" }, h("code", null, says + lasting), rule.summary ? h("small", null, rule.summary) : null, rule.sums.map((sum) => h("small", null, sum))),
      h("td", { class: "c-action" }, rule.action, rule.contain ? h("small", null, "directly") : null),
      h("td", { class: "number c-selects", "data-label": "Applies to" }, count(rule.selects)),
      h("td", { class: `number c-holds${rule.holds && !rule.dry_run ? " some" : ""}`, "data-label": "Holds" }, rule.holds ? h("a", { href: `#/containers?rule=${encodeURIComponent(rule.name)}` }, count(rule.holds)) : "0"),
      h("td", { class: `number c-unknown${rule.unknown ? " some" : ""}`, "data-label": "Unknown" }, rule.unknown ? count(rule.unknown) : "0"));
  }
}
