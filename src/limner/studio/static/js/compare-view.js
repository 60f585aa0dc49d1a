// Two pictures over each other: a slider, a toggle, or their difference. Without it they stand side by side.

class CompareView extends HTMLElement {
  connectedCallback() {
    const [first, second] = /** @type {HTMLImageElement[]} */ ([...this.querySelectorAll("img")]);
    const mode = this.dataset.mode ?? "side";
    if (mode === "side" || !second || this.stage) return;
    this.classList.add("slider");
    this.stage = Object.assign(document.createElement("div"), { className: "stage" });
    this.stage.append(first, second);
    this.querySelector(".panes")?.replaceChildren(this.stage);
    if (mode === "slider") this.slide(second);
    else if (mode === "toggle") this.toggle(second);
    else this.difference(first, second);
  }

  /** @param {HTMLImageElement} top */
  slide(top) {
    const range = Object.assign(document.createElement("input"), { type: "range", min: "0", max: "100", value: this.dataset.position ?? "50" });
    range.setAttribute("aria-label", "How much of A is shown");
    const show = () => {
      const share = Number(range.value);
      top.style.clipPath = `inset(0 0 0 ${share}%)`;
      range.setAttribute("aria-valuetext", `A ${share} %, B ${100 - share} %`);
      const address = new URL(location.href);
      address.searchParams.set("pos", String(share));
      history.replaceState(history.state, "", address);
    };
    range.addEventListener("input", show);
    range.addEventListener("keydown", (event) => { if (event.shiftKey && event.key.startsWith("Arrow")) { event.preventDefault(); range.value = String(Number(range.value) + (["ArrowLeft", "ArrowDown"].includes(event.key) ? -10 : 10)); show(); } });
    this.stage.addEventListener("pointermove", (event) => { if (event.buttons) { const box = this.stage.getBoundingClientRect(); range.value = String(Math.round(100 * (event.clientX - box.left) / box.width)); show(); } });
    this.append(range);
    show();
  }

  /** @param {HTMLImageElement} top */
  toggle(top) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "Hold to see B" });
    const show = (/** @type {boolean} */ on) => { top.style.visibility = on ? "visible" : "hidden"; button.setAttribute("aria-pressed", String(on)); };
    for (const [name, on] of /** @type {[string, boolean][]} */ ([["pointerdown", true], ["pointerup", false], ["pointerleave", false], ["blur", false]])) button.addEventListener(name, () => show(on));
    button.addEventListener("keydown", (event) => { if (event.key === " ") show(true); });
    button.addEventListener("keyup", () => show(false));
    this.append(button);
    show(false);
  }

  /** @param {HTMLImageElement} first @param {HTMLImageElement} second */
  async difference(first, second) {
    await Promise.all([first.decode(), second.decode()]);
    const canvas = document.createElement("canvas"), width = (canvas.width = Math.min(900, first.naturalWidth)), height = (canvas.height = Math.round(width * first.naturalHeight / first.naturalWidth));
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
    pen.drawImage(first, 0, 0, width, height);
    const one = pen.getImageData(0, 0, width, height);
    pen.drawImage(second, 0, 0, width, height);
    const other = pen.getImageData(0, 0, width, height);
    for (let at = 0; at < one.data.length; at += 4) {
      const apart = Math.max(Math.abs(one.data[at] - other.data[at]), Math.abs(one.data[at + 1] - other.data[at + 1]), Math.abs(one.data[at + 2] - other.data[at + 2]));
      const grey = (other.data[at] + other.data[at + 1] + other.data[at + 2]) / 6;
      const [red, green, blue] = apart > 24 ? [255, 60, 120] : [grey, grey, grey];
      other.data.set([red, green, blue, 255], at);
    }
    pen.putImageData(other, 0, 0);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "What differs is pink");
    this.stage.replaceChildren(canvas);
  }
}
customElements.define("compare-view", CompareView);
