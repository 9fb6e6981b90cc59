// The page put together: which section is shown, what the keys do, what the header says.

import { isUsual } from "./canaries.js";
import { h, put, text } from "./dom.js";
import { ago, clock, duration, now } from "./format.js";
import { Live, ask } from "./live.js";
import { tone } from "./marks.js";
import { cycleTheme, showTheme } from "./colours.js";
import { Containers } from "./containers.js";
import { ContainerPage } from "./container.js";
import { Rules } from "./rules.js";
import { Decisions, outcomeOf } from "./decisions.js";
import { Certificate } from "./certificate.js";
import { Health, healthOf } from "./health.js";

const live = new Live();
const main = document.getElementById("main");
const MOST_PAGES = 5, ENOUGH = 12;
const TABS = ["containers", "rules", "decisions", "health"];
let section = null;
let shown = "";

const SECTIONS = {
  containers: (id) => (id ? new ContainerPage(live, id) : new Containers(live)),
  rules: () => new Rules(live),
  decisions: (id) => (id ? new Certificate(live, id) : new Decisions(live)),
  health: () => new Health(live),
};

// An address may be typed, and be none.
function decoded(id) {
  try { return decodeURIComponent(id); } catch { return id; }
}

function route() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, id = ""] = (path || "containers").split("/");
  const tab = TABS.includes(name) ? name : "containers";
  const place = `${tab}/${id}`;
  if (place === shown && section) { section.turn?.(new URLSearchParams(query)); return; }
  section?.leave?.();
  const first = shown === "";
  shown = place;
  section = SECTIONS[tab](decoded(id));
  for (const link of document.querySelectorAll("#tabs a")) {
    if (link.dataset.tab === tab) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  put(main, section.root);
  section.turn?.(new URLSearchParams(query));
  document.title = `${section.title} · reactor`;
  if (!first) { main.focus({ preventScroll: true }); scrollTo(0, 0); }
}

function header() {
  const status = live.status;
  const dot = document.getElementById("live");
  dot.dataset.state = live.state;
  const asOf = live.view.at ? `, as of ${clock(live.view.at)}` : "";
  text(dot.lastElementChild, live.state === "live" ? "live" : live.state === "lost" ? `reconnecting…${asOf}` : "connecting…");
  document.body.dataset.live = live.state;
  if (!status) return;
  text(document.getElementById("engine"), status.engine);
  text(document.getElementById("version"), `reactor ${status.version}, up ${duration(status.uptime + Math.max(0, now() - status.now))}, rules ${status.rules.version}`);
  const pills = [];
  if (status.dry_run) pills.push(h("span", { class: "pill info", title: "The whole monitor only says what it would do" }, "dry run"));
  if (status.hold) pills.push(h("span", { class: "pill warn", title: status.hold.why }, `held by ${status.hold.who || "somebody"}`));
  if (status.breakers.length) pills.push(h("span", { class: "pill bad" }, "breaker open"));
  if (status.gate.held) pills.push(h("span", { class: "pill warn" }, "new rules held back"));
  if (status.silences.length) pills.push(h("span", { class: "pill info" }, `${status.silences.length} silenced`));
  put(document.getElementById("pills"), pills);
  const health = healthOf(status);
  const mark = document.getElementById("mark-health");
  if (mark.dataset.tone !== health.tone) {
    mark.dataset.tone = health.tone;
    put(mark, health.tone === "good" ? null : tone(health.tone));
  }
  const banner = document.getElementById("banner");
  const trouble = status.not_ready ? `Not ready: ${status.not_ready}.` : status.remark ? `${status.remark}.` : "";
  banner.hidden = !trouble;
  text(banner, trouble && trouble[0].toUpperCase() + trouble.slice(1));
}

function counts() {
  const { counts: by } = live.view;
  const all = Object.values(by).reduce((sum, each) => sum + each, 0);
  text(document.getElementById("count-containers"), all ? String(all) : "");
  if (live.status) text(document.getElementById("count-rules"), String(live.status.rules.loaded));
}

function announce() {
  const one = live.latest;
  if (!one || one.dry_run || isUsual(one)) return;
  document.getElementById("announcer").textContent = `${one.name}: ${outcomeOf(one).word}, by ${one.rule}`;
}

// Ages go on between two words of the monitor.
function tick() {
  for (const each of document.querySelectorAll("time[data-at]")) text(each, ago(Number(each.dataset.at)));
  for (const each of document.querySelectorAll("[data-born]")) text(each, duration(now() - Number(each.dataset.born)));
}

function keys(event) {
  const typing = event.target.closest?.("input, textarea, select");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing) { if (event.key === "Escape") event.target.blur(); return; }
  const filter = document.querySelector("input[type=search]");
  if (event.key === "/" && filter) { event.preventDefault(); filter.focus(); filter.select(); return; }
  if (event.key >= "1" && event.key <= String(TABS.length)) { location.hash = `#/${TABS[Number(event.key) - 1]}`; return; }
  if (event.key === "t") { cycleTheme(); return; }
  if (event.key === "Escape" && shown.split("/")[1]) { location.hash = `#/${shown.split("/")[0]}`; return; }
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (step) walk(event, step);
}

function walk(event, step) {
  const rows = [...main.querySelectorAll("a.row")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement?.closest?.("tr, li")?.querySelector("a.row") || document.activeElement);
  const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))];
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

// One of several engines stands below the page of all.
document.getElementById("all").hidden = !/\/engines\/[^/]+\/$/.test(location.pathname);
document.getElementById("skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
document.getElementById("theme").addEventListener("click", cycleTheme);
document.addEventListener("keydown", keys);
addEventListener("hashchange", route);
live.addEventListener("state", header);
live.addEventListener("status", () => { header(); counts(); });
live.addEventListener("containers", counts);
live.addEventListener("decision", announce);
setInterval(tick, 1000);
setInterval(header, 1000);
showTheme();

// What was decided before comes first, so that the stream can go on behind it.
async function begin() {
  try {
    live.older = "now";
    // Where there are canaries the others may be some way back.
    for (let pages = 0; pages < MOST_PAGES && live.decisions.filter((one) => !isUsual(one)).length < ENOUGH; pages++) {
      const told = await ask(`decisions?before=${encodeURIComponent(live.older)}&limit=100`);
      live.decisions = [...live.decisions, ...told.decisions.reverse()];
      if (told.cursor === live.older || !told.decisions.length) break;
      live.older = told.cursor;
    }
    if (live.decisions.length) live.cursor = live.decisions[0].cursor;
  } catch { /* The stream will say that nobody answers. */ }
  route();
  if (!live.source) live.select("limit=200");
}
begin();
