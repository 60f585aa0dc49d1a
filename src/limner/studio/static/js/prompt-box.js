// The composer: quotes again as it is written, keeps what was typed over a reload, sends by keys. Works without as a form.

class PromptBox extends HTMLElement {
  connectedCallback() {
    this.area = /** @type {HTMLTextAreaElement} */ (this.querySelector("textarea"));
    this.form = this.area.form;
    if (!this.form || this.ready) return;
    this.ready = true;
    if (!this.area.value && !location.search) this.area.value = sessionStorage.getItem("draft") ?? "";
    this.form.addEventListener("input", () => {
      sessionStorage.setItem("draft", this.area.value);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.quote(), 350);
    });
    this.form.addEventListener("submit", (event) => {
      const button = /** @type {SubmitEvent} */ (event).submitter;
      const makes = !button || ["make", "front"].includes(button.getAttribute("value") ?? "");
      if (makes && !this.area.value.trim()) { event.preventDefault(); this.area.focus(); return; }
      if (makes) sessionStorage.removeItem("draft");
    });
    if (this.area.value) this.quote();
    if (!location.hash) scrollTo(0, document.documentElement.scrollHeight);  // the newest stands beside the composer
  }

  /** Ask the server what the draft offers and costs; a later answer wins. */
  async quote() {
    this.asked?.abort();
    this.asked = new AbortController();
    const data = new FormData(this.form);
    data.delete("files");
    try {
      const answer = await fetch("/create/quote", { method: "POST", body: data, headers: { "HX-Request": "true" }, signal: this.asked.signal });
      const html = await answer.text();
      const target = document.getElementById("quote");
      const kept = /** @type {HTMLElement | null} */ (document.activeElement)?.id;
      if (answer.ok && target) {
        window.htmx.swap({ target, text: html, swap: "innerMorph" });
        if (kept) document.getElementById(kept)?.focus();
      }
    } catch { /* asked again, or gone: the price stays as it was */ }
  }
}
customElements.define("prompt-box", PromptBox);
