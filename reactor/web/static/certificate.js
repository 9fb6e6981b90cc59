// The certificate of one decision: why, by which rule, on which readings, what was done, and what came of it.

import { h, put, s, said } from "./dom.js";
import { UNKNOWN, bytes, count, duration, milliseconds, moment, tame } from "./format.js";
import { ask } from "./live.js";
import { outcome } from "./decisions.js";

const CAUSES = { reactor: "ended by reactor", oom: "ended by the kernel: out of memory", itself: "ended by itself", engine: "ended through the engine, by somebody else", unseen: "ended unseen" };
const PICTURE = { width: 560, height: 120 };

export class Certificate {
  title = "Decision";

  constructor(live, id) {
    this.live = live;
    this.id = id;
    this.root = h("div", null, h("p", { class: "empty" }, "Loading…"));
    this.update = () => this.#load();
    live.addEventListener("decision", this.update);
    this.#load();
  }

  leave() {
    this.live.removeEventListener("decision", this.update);
    clearTimeout(this.timer);
  }

  async #load() {
    let told;
    try { told = await ask(`decisions/${encodeURIComponent(this.id)}`); } catch (error) {
      put(this.root, this.#crumbs(), h("section", { class: "panel" }, h("p", { class: "empty" }, `${error.message[0].toUpperCase()}${error.message.slice(1)}.`)));
      return;
    }
    document.title = `${tame(told.name)}: ${told.rule} · reactor`;
    const print = JSON.stringify(told);
    if (print === this.print) return;
    this.print = print;
    put(this.root, this.#head(told), h("div", { class: "halves" }, h("div", null, this.#why(told), this.#readings(told), this.#log(told)), h("div", null, this.#done(told), this.#end(told), this.#along(told), this.#processes(told))));
    // What is still under way is looked at again.
    clearTimeout(this.timer);
    if (told.result === "open" || !told.final) this.timer = setTimeout(() => this.#load(), 1500);
  }

  #crumbs() {
    return h("nav", { class: "crumbs", "aria-label": "Where this is" }, h("a", { href: "#/decisions" }, "Decisions"));
  }

  #head(told) {
    const one = { ...told, at: told.wall };
    return h("header", { class: "title" }, this.#crumbs(),
      h("h1", null, said(tame(told.name))),
      h("p", null, outcome(one), " ", h("span", { class: "muted" }, `by ${told.rule}: ${told.reason}`)),
      h("p", { class: "muted" }, `${moment(told.wall)} · certificate `, h("code", null, told.id), " · container ", h("a", { href: `#/containers/${told.container}` }, h("code", null, told.container.slice(0, 12))),
        told.grounds.container?.image ? [" · ", said(tame(told.grounds.container.image))] : null));
  }

  #section(title, ...body) {
    return h("section", { class: "panel", "aria-label": title }, h("h2", null, title), body);
  }

  #why(told) {
    const rule = told.grounds.rule || {}, box = told.grounds.container || {};
    const says = [rule.on ? `on ${rule.on}` : "", rule.condition || ""].filter(Boolean).join(" while ");
    const row = (label, ...value) => (value.some(Boolean) ? [h("dt", null, label), h("dd", null, ...value)] : null);
    return this.#section("Why",
      told.summary ? h("p", { class: "lead" }, tame(told.summary)) : null,
      h("dl", null,
        row("Rule", told.rule, rule.level && rule.level !== "only" ? ` (${rule.level})` : ""),
        row("Says", says ? h("code", null, says + (rule.for ? ` for ${duration(rule.for)}` : "")) : ""),
        row("Was", h("code", null, tame(told.reason))),
        row("Written in", rule.place ? h("span", { title: rule.place }, rule.place.split("/").pop()) : ""),
        row("Rule set", told.grounds.version ? h("code", null, told.grounds.version) : ""),
        told.decided > 0 ? row("Held for", duration(told.decided)) : null,
        told.cause ? row("Along with", h("a", { href: `#/decisions/${told.cause}` }, h("code", null, told.cause))) : null,
        row("Command", box.command ? h("code", null, tame(box.command)) : ""),
        row("Task", box.task ? said(tame(box.task)) : box.serves ? said(tame(box.serves)) : ""),
        typeof box.age === "number" ? row("Its age", duration(box.age)) : null,
        row("Trace", told.trace ? h("code", null, told.trace) : "")));
  }

  #done(told) {
    const moments = [[told.decided, "decided", ""]];
    for (const call of told.calls) moments.push([call.at, call.what, `${call.status || call.note || "done"}, ${duration(call.took)}`]);
    if (told.ending?.died !== null && told.ending) moments.push([told.ending.died, "the engine says that it died", ""]);
    if (told.ending?.at !== null && told.ending) moments.push([told.ending.at, "the run is seen to be over", ""]);
    if (told.concluded !== null) moments.push([told.concluded, `${told.result}: ${told.why}`, told.final ? "" : "it is tried on"]);
    moments.sort((a, b) => a[0] - b[0]);
    const shown = moments.length > 24 ? [...moments.slice(0, 12), null, ...moments.slice(-12)] : moments;
    return this.#section("What was done",
      h("ol", { class: "steps" }, shown.map((each) => (each ? h("li", null, h("time", null, milliseconds(each[0])), h("span", null, tame(each[1])), h("small", null, tame(each[2]))) : h("li", null, h("time", null, "…"), h("span", null, `${moments.length - 24} more`))))),
      h("p", { class: "axis" }, "after the first evidence"),
      told.detail ? h("p", { class: "muted" }, tame(told.detail)) : null,
      told.times > 1 ? h("p", { class: "muted" }, `A later monitor took it up again: it was written ${told.times} times.`) : null);
  }

  #end(told) {
    const end = told.ending;
    if (!end) return this.#section("The end", h("p", { class: "muted" }, "That its run ended is not on record."));
    const cause = (CAUSES[end.cause] || end.cause || "cause unknown") + (end.basis === "intent" ? ", most likely" : end.basis === "contained" ? ", directly" : "");
    return this.#section("The end", h("dl", null,
      h("dt", null, "Cause"), h("dd", null, cause, end.oom && end.cause !== "oom" ? "; out of memory at some time" : ""),
      h("dt", null, "Exit code"), h("dd", null, end.exit_code === null ? "unknown" : String(end.exit_code)),
      end.finished_at ? [h("dt", null, "Finished"), h("dd", null, tame(end.finished_at.replace("T", " ").slice(0, 23)))] : null));
  }

  #along(told) {
    if (!told.along.length) return null;
    return this.#section("Ended along with it", h("ol", { class: "feed flat" }, told.along.map((each) => h("li", null, h("a", { class: "row", href: `#/decisions/${each.certificate}` }, said(tame(each.name))), h("div", null, `${each.action} ${each.result}${each.why ? `: ${each.why}` : ""}`, each.exit_code === null ? "" : `, exit ${each.exit_code}`, h("time", null, each.at === null ? "" : milliseconds(each.at)))))));
  }

  #readings(told) {
    const readings = told.readings;
    if (!readings.length) return this.#section("Readings", h("p", { class: "muted" }, "No readings are on record."));
    const last = readings.slice(-8);
    return this.#section("Readings", readings.length > 2 ? [this.#picture("PIDs", readings, (each) => each.pids, count), this.#picture("Memory", readings, (each) => each.memory, bytes)] : null,
      h("table", { class: "grid readings", "aria-label": "The last readings" }, h("thead", null, h("tr", null, ["At", "PIDs", "Memory"].map((label) => h("th", { scope: "col", class: "number" }, label)))),
        h("tbody", null, last.map((each) => h("tr", null, h("td", { class: "number" }, milliseconds(each.at)), h("td", { class: "number" }, each.pids === null ? UNKNOWN : count(each.pids)), h("td", { class: "number" }, bytes(each.memory)))))),
      readings.length > last.length ? h("p", { class: "axis" }, `the last ${last.length} of ${readings.length}`) : null);
  }

  // Readings over time; the moment of the first evidence is a line from top to bottom.
  #picture(label, readings, value, write) {
    const known = readings.filter((each) => value(each) !== null);
    if (known.length < 2) return null;
    const { width, height } = PICTURE, from = known[0].at, to = known[known.length - 1].at;
    const most = Math.max(...known.map(value)) * 1.1 || 1;
    const x = (at) => 2 + ((at - from) / (to - from || 1)) * (width - 4), y = (each) => height - 2 - (each / most) * (height - 10);
    const path = known.map((each, index) => `${index ? "L" : "M"}${x(each.at).toFixed(1)} ${y(value(each)).toFixed(1)}`).join("");
    const zero = from <= 0 && to >= 0 ? s("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: height }) : null;
    return h("figure", null, h("figcaption", null, label, h("span", null, `up to ${write(Math.max(...known.map(value)))}`)),
      s("svg", { class: "line big", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": `${label} over time` }, s("path", { class: "under", d: `${path}L${x(to).toFixed(1)} ${height}L${x(from).toFixed(1)} ${height}Z` }), s("path", { class: "over", d: path, "vector-effect": "non-scaling-stroke" }), zero),
      h("p", { class: "axis" }, h("span", null, milliseconds(from)), h("span", null, milliseconds(to))));
  }

  #processes(told) {
    const list = Array.isArray(told.processes.processes) ? told.processes.processes : [];
    if (!list.length) return typeof told.processes.missing === "string" ? this.#section("Processes", h("p", { class: "muted" }, tame(told.processes.missing))) : null;
    const kinds = new Map();
    for (const each of list) { const name = String(each[2] || `[${each[1]}]`); kinds.set(name, (kinds.get(name) || 0) + 1); }
    const sorted = [...kinds].sort((a, b) => b[1] - a[1]);
    return this.#section("Processes", h("ul", { class: "kinds" }, sorted.slice(0, 12).map(([name, number]) => h("li", null, h("b", null, `${count(number)} ×`), h("code", null, tame(name))))),
      h("p", { class: "axis" }, `${count(list.length)}${told.processes.more ? " at least" : ""}, read at ${milliseconds(told.processes.at)}`, sorted.length > 12 ? ` · ${sorted.length - 12} other kinds` : ""));
  }

  #log(told) {
    const written = typeof told.log.text === "string" ? told.log.text.trimEnd() : "";
    const missing = typeof told.log.missing === "string" ? told.log.missing : "";
    if (!written && !missing) return null;
    return this.#section("The end of its output", written ? h("pre", { tabindex: 0, "aria-label": "The end of its output" }, tame(written.split("\n").slice(-40).join("\n"))) : h("p", { class: "muted" }, tame(missing)));
  }
}
