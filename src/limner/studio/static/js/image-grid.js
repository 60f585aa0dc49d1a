// Keys for a grid of pictures: arrows move, Space ticks, Shift+arrows tick along. Works without as links and checkboxes.

class ImageGrid extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("change", () => this.tell());
    this.links().forEach((link, place) => link.setAttribute("tabindex", place ? "-1" : "0"));
    this.addEventListener("focusin", (event) => {
      const link = /** @type {HTMLElement} */ (event.target).closest("a");
      if (link) this.links().forEach((each) => each.setAttribute("tabindex", each === link ? "0" : "-1"));
    });
    this.tell();
  }

  /** @returns {HTMLAnchorElement[]} */
  links() { return [...this.querySelectorAll("a.thumb")]; }

  /** @param {Element | null | undefined} link */
  box(link) { return /** @type {HTMLInputElement | null} */ (link?.closest("li")?.querySelector("input[type=checkbox]") ?? null); }

  tell() {
    const count = this.querySelectorAll(":checked").length;
    const words = this.parentElement?.querySelector("[data-picked]");
    if (words) words.textContent = `${count} selected:`;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const links = this.links(), place = links.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
    if (place < 0) return;
    const columns = links.filter((link) => link.offsetTop === links[0].offsetTop).length || 1;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -place, End: links.length - 1 - place, PageUp: -columns * 3, PageDown: columns * 3 };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    const tick = (/** @type {Element} */ link, /** @type {boolean} */ on) => { const box = this.box(link); if (box) box.checked = on; };
    if (step !== undefined) {
      const next = links[Math.min(Math.max(place + step, 0), links.length - 1)];
      if (event.shiftKey) { tick(links[place], true); tick(next, true); }
      next.focus();
    } else if (event.key === " ") tick(links[place], !this.box(links[place])?.checked);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) links.forEach((link) => tick(link, true));
    else if (event.key === "Escape") links.forEach((link) => tick(link, false));
    else if (["Delete", "Backspace", ".", "c", "d"].includes(event.key) && !event.ctrlKey && !event.metaKey) {
      if (!this.querySelector(":checked")) tick(links[place], true);
      const name = { Delete: "trash", Backspace: "trash", ".": "star", c: "compare", d: "zip" }[event.key];
      /** @type {HTMLButtonElement | null | undefined} */ (this.parentElement?.querySelector(`button[value="${name}"]`))?.click();
    } else return;
    event.preventDefault();
    this.tell();
  }
}
customElements.define("image-grid", ImageGrid);
