// Keys: what a link or button says in data-key. Single keys rest while somebody types; “?” lists those of this screen.

let before = "", timer = 0;
/** @param {EventTarget | null} target */
const typing = (target) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) && !["checkbox", "radio", "button"].includes(/** @type {HTMLInputElement} */ (target).type);

document.addEventListener("keydown", (event) => {
  const mod = event.ctrlKey || event.metaKey;
  let key = event.key;
  if (mod && key === "Enter") key = event.shiftKey ? "ctrl+shift+enter" : "ctrl+enter";
  else if (mod || event.altKey || typing(event.target) || !document.body.hasAttribute("data-single-keys")) return;
  if (key === "?") { event.preventDefault(); return list(); }
  const found = find(before ? `${before} ${key}` : key, event.target) ?? find(key, event.target);
  clearTimeout(timer);
  before = document.querySelector(`[data-key^="${CSS.escape(key)} "]`) ? key : "";
  if (before) timer = setTimeout(() => { before = ""; }, 1200);
  if (!found) return;
  event.preventDefault();
  before = "";
  if (/^(INPUT|TEXTAREA)$/.test(found.tagName)) found.focus(); else found.click();
});

/** @param {string} key @param {EventTarget | null} target @returns {HTMLElement | null} */
function find(key, target) {
  const own = target instanceof Element ? target.closest("form")?.querySelector(`[data-key="${CSS.escape(key)}"]`) : null;
  return /** @type {HTMLElement | null} */ (own ?? document.querySelector(`main [data-key="${CSS.escape(key)}"], [data-key="${CSS.escape(key)}"]`));
}

function list() {
  const old = /** @type {HTMLDialogElement | null} */ (document.getElementById("keys"));
  if (old) return old.open ? old.close() : old.showModal();
  const dialog = Object.assign(document.createElement("dialog"), { id: "keys" });
  dialog.setAttribute("aria-labelledby", "keys-title");
  const table = document.createElement("dl");
  table.className = "facts";
  for (const each of document.querySelectorAll("[data-key]")) {
    const name = each.getAttribute("aria-label") || each.textContent?.trim() || document.querySelector(`label[for="${each.id}"]`)?.textContent || "";
    const term = document.createElement("dt"), said = document.createElement("dd");
    term.append(Object.assign(document.createElement("kbd"), { textContent: each.getAttribute("data-key") ?? "" }));
    said.textContent = name.replace(/\s+/g, " ");
    table.append(term, said);
  }
  const heading = Object.assign(document.createElement("h2"), { id: "keys-title", textContent: "Keys on this screen" });
  const close = Object.assign(document.createElement("button"), { className: "button", textContent: "Close" });
  close.addEventListener("click", () => dialog.close());
  dialog.append(heading, table, close);
  document.body.append(dialog);
  dialog.showModal();
}
