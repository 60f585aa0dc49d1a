// Counts the seconds since a moment, in the browser: no traffic, and no part of the page changes for it.

class ElapsedTime extends HTMLElement {
  connectedCallback() { this.tick(); this.timer = setInterval(() => this.tick(), 1000); }
  disconnectedCallback() { clearInterval(this.timer); }
  tick() {
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(this.getAttribute("since") ?? "")) / 1000));
    this.textContent = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
}
customElements.define("elapsed-time", ElapsedTime);
