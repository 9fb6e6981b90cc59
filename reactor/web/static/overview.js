// The page of all engines: its rows anew every few seconds, without a word where nothing has changed.

const EVERY = 3000, PATIENCE = 8000;
const rows = document.getElementById("rows"), title = document.getElementById("title"), live = document.getElementById("live");

function say(state, word) {
  live.dataset.state = state;
  live.replaceChildren(document.createElement("i"), word);
}

async function look() {
  try {
    const answer = await fetch("./", { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok) throw new Error(String(answer.status));
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    say("live", "live");
  } catch {
    say("lost", "reconnecting…");
  }
}

function show(told) {
  const now = told.getElementById("rows");
  if (!now || now.textContent === rows.textContent) return;
  // Whoever stands on a link stays there.
  const at = document.activeElement?.getAttribute("href");
  rows.replaceChildren(...now.children);
  document.title = told.title;
  title.textContent = told.getElementById("title").textContent;
  if (at) [...rows.querySelectorAll("a")].find((link) => link.getAttribute("href") === at)?.focus();
}

say("live", "live");
setInterval(() => { if (!document.hidden) look(); }, EVERY);
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
