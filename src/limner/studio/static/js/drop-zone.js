// Pictures by choosing, dropping anywhere, or pasting: they go to the composer, which uploads them and keeps the draft.

class DropZone extends HTMLElement {
  connectedCallback() {
    const input = /** @type {HTMLInputElement} */ (this.querySelector("input[type=file]"));
    const form = input.form;
    if (!form || this.ready) return;
    this.ready = true;
    const send = () => { const button = document.createElement("button"); button.name = "do"; button.value = "check"; button.hidden = true; form.append(button); form.requestSubmit(button); };
    input.addEventListener("change", () => input.files?.length && send());
    const take = (/** @type {FileList | undefined} */ files) => {
      const pictures = [...(files ?? [])].filter((file) => file.type.startsWith("image/"));
      if (!pictures.length) return false;
      const box = new DataTransfer();
      pictures.forEach((file) => box.items.add(file));
      input.files = box.files;
      send();
      return true;
    };
    addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("dropping"); });
    addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("dropping"); });
    addEventListener("drop", (event) => { event.preventDefault(); form.classList.remove("dropping"); take(event.dataTransfer?.files); });
    addEventListener("paste", (event) => { if (take(event.clipboardData?.files)) event.preventDefault(); });
  }
}
customElements.define("drop-zone", DropZone);
