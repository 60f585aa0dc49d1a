// A picture at its full size and back: click, or + and 0; arrows and the wheel move it, Escape goes back.

class ZoomView extends HTMLElement {
  connectedCallback() {
    this.image = this.querySelector("img");
    this.tabIndex = 0;
    this.addEventListener("click", (event) => { event.preventDefault(); this.toggle(!this.classList.contains("big"), event); });
    this.addEventListener("keydown", (event) => {
      if (event.key === "+" || event.key === "1") this.toggle(true);
      else if (event.key === "-" || event.key === "0" || (event.key === "Escape" && this.classList.contains("big"))) this.toggle(false);
      else return;
      event.stopPropagation();
    });
  }

  /** @param {boolean} big @param {MouseEvent} [event] */
  toggle(big, event) {
    const before = this.image.getBoundingClientRect();
    const share = event ? [(event.clientX - before.left) / before.width, (event.clientY - before.top) / before.height] : [0.5, 0.5];
    this.classList.toggle("big", big);
    if (big && this.dataset.original && this.image.src !== this.dataset.original) this.image.src = this.dataset.original;
    if (big) this.scrollTo(this.scrollWidth * share[0] - this.clientWidth / 2, this.scrollHeight * share[1] - this.clientHeight / 2);
  }
}
customElements.define("zoom-view", ZoomView);
