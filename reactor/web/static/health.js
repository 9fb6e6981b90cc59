// How the monitor itself is: what it hears, writes and costs, what holds it back, what its lists told.

import { h, put } from "./dom.js";
import { UNKNOWN, bytes, cores, count, duration, percent } from "./format.js";
import { ask } from "./live.js";
import { tone } from "./marks.js";
import { when } from "./decisions.js";

const EVERY = 3000;
const WORST = ["bad", "warn", "unknown", "none", "good"];

// Each part of the monitor: how it is, in one line, and its numbers.
function parts(status) {
  const { events, readings, lane, reconcile, journal, acting, rules, cost } = status;
  const late = acting.quarantined + acting.waiting;
  return [
    ["Engine events", events.up ? "good" : "bad", events.up ? "come in" : "the stream is not up", [
      ["last event", events.last === null ? "none so far" : `${duration(events.last)} ago`], ["received", count(events.received)],
      ["reconnects", count(events.reconnects)], ["gaps", count(events.gaps)],
      ["blind", events.blind_for !== null ? `for ${duration(events.blind_for)} now` : `${duration(events.blind_seconds)} altogether`]]],
    ["Readings", readings.shed ? "warn" : "good", readings.shed ? `${count(readings.shed)} have no stream` : lane?.up ? "from the kernel" : "from the engine", [
      ["streams", `${count(readings.streams)} of ${count(readings.wanted)}`], ["readings", count(readings.samples + (lane?.told || 0))],
      ["without data", count(readings.no_data)], ["reconnects", count(readings.reconnects)]]],
    ["Fast lane", lane === null ? "none" : lane.up ? "good" : "warn", lane === null ? "there is none here" : lane.up ? `reads ${count(lane.runs)} runs` : lane.why || "does not run", lane === null ? [["instead", "the engine's streams, once a second"]] : [
      ["kernel", lane.mode || UNKNOWN], ["runs elsewhere", count(lane.elsewhere)], ["its load", lane.busy === null ? UNKNOWN : `${percent(lane.busy)} of a core`],
      ["longest delay", duration(lane.late)], ["ended unasked", count(lane.deaths)]]],
    ["Lists", reconcile.done && !reconcile.failures ? "good" : reconcile.done ? "warn" : "unknown", reconcile.done ? `the last was ${duration(reconcile.last)} ago` : "none so far", [
      ["done", count(reconcile.done)], ["took", duration(reconcile.took)], ["failed", count(reconcile.failures)]]],
    ["Acting", late || acting.overdue ? "warn" : "good", late ? `${count(late)} cannot be ended` : acting.in_flight + acting.queued ? `${count(acting.in_flight + acting.queued)} under way` : "nothing to do", [
      ["waiting in line", count(acting.queued)], ["under way", count(acting.in_flight)], ["in quarantine", count(acting.quarantined)], ["repeated calls", count(acting.retries)]]],
    ["Journal", journal.healthy === false ? "bad" : journal.dropped ? "warn" : "good", journal.healthy === false ? "cannot be written" : "is written", [
      ["entries", count(journal.written)], ["waiting", count(journal.queued)], ["dropped", count(journal.dropped)], ["failures", count(journal.failures)], ["intents late", count(journal.late)]]],
    ["Rules", rules.errors.length ? "warn" : "good", rules.errors.length ? "the last reload failed" : `${count(rules.loaded)} in force`, [["version", rules.version]]],
    ["Its own cost", "good", cost.cores === null ? UNKNOWN : `${cores(cost.cores)} cores`, [
      ["memory", bytes(cost.memory)], ["processor time", duration(cost.cpu_seconds)], ["threads", count(cost.threads)], ["open files", count(cost.open_files)], ["containers known", count(status.containers)]]],
  ];
}

// The worst of all parts, for the mark beside the tab.
export function healthOf(status) {
  const tones = parts(status).map((part) => part[1]).filter((each) => each !== "none");
  if (!status.ready) tones.push("bad");
  return { tone: WORST.find((each) => tones.includes(each)) || "good" };
}

export class Health {
  title = "Health";

  constructor(live) {
    this.live = live;
    this.cards = h("div", { class: "cards" });
    this.orders = h("div");
    this.lists = h("section", { class: "panel", "aria-label": "Lists" }, h("p", { class: "empty" }, "Loading…"));
    this.root = h("div", null, this.orders, this.cards, this.lists);
    this.update = () => this.#show();
    live.addEventListener("status", this.update);
    this.timer = setInterval(() => { if (!document.hidden) this.#load(); }, EVERY);
    this.#show();
    this.#load();
  }

  leave() {
    this.live.removeEventListener("status", this.update);
    clearInterval(this.timer);
  }

  #show() {
    const status = this.live.status;
    if (!status) { put(this.cards, h("p", { class: "empty" }, "Loading…")); return; }
    put(this.cards, parts(status).map(([title, mark, says, facts]) => h("section", { class: "card", "aria-label": title },
      h("h3", null, title), h("p", { class: `say ${mark}` }, tone(mark), says),
      h("dl", null, facts.map(([label, value]) => [h("dt", null, label), h("dd", null, value)])))));
    put(this.orders, this.#orders(status));
  }

  #orders(status) {
    const found = [];
    const lasting = (left) => (left === null ? "until somebody resumes" : `for ${duration(left)} more`);
    if (status.hold) found.push(`${status.hold.who || "Somebody"} holds the monitor ${lasting(status.hold.left)}: ${status.hold.why || "no reason given"}. All is only said.`);
    for (const each of status.breakers) found.push(`The breaker${each.owner ? ` of ${each.owner}` : ""} is open for ${duration(each.for)}: ${each.matches} of ${each.of} matched at once. Only hard verdicts go on.`);
    if (status.gate.held) found.push(`New rules are held back: they would act on ${status.gate.matches} containers at once${status.gate.unknown ? `, and ${status.gate.unknown} cannot be judged yet` : ""}. See reactor status.`);
    for (const [name, number] of Object.entries(status.budgets)) found.push(`${count(number)} wait for a token of the budget ${name}.`);
    for (const each of status.silences) found.push(`${each.who || "Somebody"} silenced ${each.rule ? `the rule ${each.rule}` : each.name} ${lasting(each.left)}: ${each.why}.`);
    return found.length ? h("section", { class: "panel orders", "aria-label": "What holds it back" }, h("h2", null, "What holds it back"), h("ul", null, found.map((each) => h("li", null, each)))) : null;
  }

  async #load() {
    let told;
    try { told = await ask("reconciles"); } catch (error) { put(this.lists, h("p", { class: "empty" }, error.message)); return; }
    const rows = told.reconciles.slice(0, 15);
    put(this.lists, h("h2", null, "Latest lists of the engine"),
      rows.length ? h("table", { class: "grid lists", "aria-label": "Latest lists" },
        h("thead", null, h("tr", null, [["When", ""], ["Listed", "number"], ["New", "number"], ["Found dead", "number"], ["Orphans", "number"], ["Acted on", "number"], ["Left alone", ""]].map(([label, kind]) => h("th", { scope: "col", class: kind }, label)))),
        h("tbody", null, rows.map((each) => h("tr", null,
          h("td", null, when(each.at), each.gap ? h("small", null, `after a gap of ${duration(each.blind)}`) : null),
          ["listed", "adopted", "found_dead", "orphans", "acted_on"].map((key) => h("td", { class: "number" }, count(each[key]))),
          h("td", null, Object.entries(each.left).filter(([, number]) => number).map(([why, number]) => `${count(number)} ${why.replaceAll("-", " ")}`).join(", ") || "nobody"))))) : h("p", { class: "empty" }, "No list was taken so far."));
  }
}
