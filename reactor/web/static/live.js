// What the monitor tells as it happens: one event stream, opened again whenever it breaks.

import { setClock } from "./format.js";
import { isUsual } from "./canaries.js";

const QUIET = 10000; // Milliseconds without a word, after which the stream is taken for broken.
const FIRST = 500, LONGEST = 8000;
const AWAY = 30000;
const MOST_POINTS = 60, MOST_DECISIONS = 200, MOST_CANARIES = 50;

export class Live extends EventTarget {
  constructor() {
    super();
    this.state = "connecting";
    this.heard = 0;
    this.status = null;
    this.view = { at: 0, total: 0, counts: {}, ids: null };
    this.rows = new Map();
    this.lines = new Map();
    this.every = 5;
    this.decisions = [];
    this.cursor = "";
    this.query = "";
    this.pause = FIRST;
    setInterval(() => this.#watch(), 1000);
    document.addEventListener("visibilitychange", () => this.#away());
  }

  // Another selection of containers; the decisions go on.
  select(query) {
    if (query === this.query && this.source) return;
    this.query = query;
    this.view = { ...this.view, ids: null };
    this.#open();
  }

  #open() {
    clearTimeout(this.timer);
    if (this.source) this.source.close();
    const since = this.cursor ? `&since=${encodeURIComponent(this.cursor)}` : "";
    const source = new EventSource(`api/v1/stream?${this.query}${since}`);
    this.source = source;
    this.opened = Date.now();
    this.fresh = true;
    const on = (kind, take) => source.addEventListener(kind, (event) => {
      if (source !== this.source) return;
      this.#alive();
      take(JSON.parse(event.data), event);
      this.dispatchEvent(new Event(kind));
    });
    // Ours is dead where it begins anew: it is that of a journal that is gone.
    on("hello", (told) => { if (told.anew || !this.cursor) this.cursor = told.cursor; });
    on("status", (told) => { setClock(told.now); this.status = told; });
    on("containers", (told) => this.#containers(told));
    on("decision", (told, event) => this.#decision(told, event.lastEventId));
    source.onerror = () => { if (source === this.source) this.#lost(); };
  }

  #containers(told) {
    setClock(told.at);
    if (this.fresh) { this.lines.clear(); this.fresh = false; }
    const kept = new Set(told.ids);
    for (const row of told.containers) this.rows.set(row.id, { ...row, seen: told.at });
    for (const id of this.rows.keys()) if (!kept.has(id)) { this.rows.delete(id); this.lines.delete(id); }
    this.every = told.history.every;
    for (const [id, more] of Object.entries(told.history.lines)) {
      const line = this.lines.get(id) || { memory: [], pids: [] };
      this.lines.set(id, {
        memory: [...line.memory, ...more.memory].slice(-MOST_POINTS),
        pids: [...line.pids, ...more.pids].slice(-MOST_POINTS),
      });
    }
    this.view = { at: told.at, total: told.total, counts: told.counts, ids: told.ids };
  }

  #decision(told, cursor) {
    this.cursor = cursor || this.cursor;
    if (this.decisions.some((each) => each.cursor === told.cursor)) return;
    // Canaries take no place from others.
    const alike = isUsual(told);
    let kept = alike ? MOST_CANARIES : MOST_DECISIONS;
    this.decisions = [told, ...this.decisions].filter((each) => isUsual(each) !== alike || kept-- > 0);
    this.latest = told;
  }

  #alive() {
    this.heard = Date.now();
    this.pause = FIRST;
    this.#be("live");
  }

  #lost() {
    this.source.close();
    this.source = null;
    this.#be("lost");
    clearTimeout(this.timer);
    // Not all viewers at the same moment.
    this.timer = setTimeout(() => this.#open(), this.pause * (0.7 + Math.random() * 0.6));
    this.pause = Math.min(this.pause * 2, LONGEST);
  }

  #watch() {
    if (this.source && Date.now() - Math.max(this.heard, this.opened) > QUIET) this.#lost();
  }

  // A page that nobody sees asks for nothing.
  #away() {
    clearTimeout(this.leaving);
    if (!document.hidden) { if (!this.source) this.#open(); return; }
    this.leaving = setTimeout(() => {
      if (this.source) this.source.close();
      this.source = null;
      clearTimeout(this.timer);
      this.#be("lost");
    }, AWAY);
  }

  #be(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

// Ask once. What the monitor refuses comes back as an error with its own words.
export async function ask(path) {
  const answer = await fetch(`api/v1/${path}`, { headers: { Accept: "application/json" } });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error || `the monitor answered ${answer.status}`);
  return told;
}
