// Around every screen: is the page live, notices that go, what has finished, and copying.

const stream = document.getElementById("stream"), live = document.getElementById("live");
const announcer = document.getElementById("announcer"), title = document.title;
let finished = 0;

/** @param {boolean} on */
function alive(on) {
  if (!live) return;
  live.classList.toggle("off", !on);
  live.textContent = on ? "Live" : "Not live, trying again";
}
for (const name of ["htmx:sse:error", "htmx:sse:close"]) stream?.addEventListener(name, () => alive(false));
for (const name of ["htmx:sse:after:connection", "htmx:sse:after:message"]) stream?.addEventListener(name, () => alive(true));

// Notices go after ten seconds, unless somebody reads them.
document.getElementById("notices")?.querySelectorAll(".notice").forEach((notice) => {
  let left = 10;
  const timer = setInterval(() => { if (!notice.matches(":hover, :focus-within") && --left <= 0) { clearInterval(timer); notice.remove(); } }, 1000);
});

// A wish that ended is said once, and counted in the title while nobody looks.
/** @type {Map<string, string>} */
const states = new Map([...document.querySelectorAll("[data-state]")].map((each) => [each.id, each.getAttribute("data-state") ?? ""]));
new MutationObserver(() => {
  for (const each of document.querySelectorAll("[data-state]")) {
    const now = each.getAttribute("data-state") ?? "", before = states.get(each.id);
    states.set(each.id, now);
    if (before === now || !["done", "failed"].includes(now) || !before) continue;
    if (announcer) announcer.textContent = `${each.querySelector("h2")?.textContent ?? "A wish"}: ${now === "done" ? "ready" : "failed"}.`;
    if (document.hidden) document.title = `(${++finished}) ${title}`;
  }
}).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state"] });
document.addEventListener("visibilitychange", () => { if (!document.hidden) { finished = 0; document.title = title; } });

document.addEventListener("click", async (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-copy]");
  const source = button && document.querySelector(button.getAttribute("data-copy") ?? "");
  if (!button || !source) return;
  try { await navigator.clipboard.writeText(source.textContent ?? ""); if (announcer) announcer.textContent = "Copied."; button.append(" ✓"); } catch { getSelection()?.selectAllChildren(source); }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelectorAll("details.inline[open], details.more[open]").forEach((each) => each.removeAttribute("open"));
});
