// Copy buttons, and results as one types. All but copying and uploading works without a script.
"use strict";

const told = document.getElementById("told");

async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    return navigator.clipboard.writeText(text);
  }
  const field = document.createElement("textarea"); // plain http on a site's own network
  field.value = text;
  field.className = "unseen";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) {
    throw new Error("not copied");
  }
}

for (const button of document.querySelectorAll("button.copy")) {
  const label = button.textContent;
  let timer = 0;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await copy(button.dataset.copy);
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling);
      return;
    }
    button.textContent = told.textContent = button.dataset.done;
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.textContent = label;
      told.textContent = "";
    }, 2000);
  });
}

const form = document.querySelector("form[data-live]");
const PARTS = ["results", "found"];

function address() {
  const words = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value.trim()) {
      words.append(name, value);
    }
  }
  return `${form.action}?${words}`;
}

if (form) {
  let timer = 0;
  let asking = new AbortController();
  let shown = address();

  async function refresh() {
    const url = address();
    if (url === shown) {
      return;
    }
    asking.abort();
    asking = new AbortController();
    let text;
    try {
      const answer = await fetch(url, { signal: asking.signal, headers: { Accept: "text/html" } });
      if (!answer.ok) {
        return;
      }
      text = await answer.text();
    } catch {
      return; // typed on meanwhile, or no network: the button still works
    }
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const id of PARTS) {
      document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
    }
    document.querySelectorAll("[hreflang]").forEach((link, place) => {
      link.setAttribute("href", page.querySelectorAll("[hreflang]")[place].getAttribute("href"));
    });
    document.title = page.title;
    history.replaceState(null, "", url);
    shown = url;
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(refresh, 150);
  }

  form.addEventListener("input", (event) => {
    if (!event.isComposing) {
      later();
    }
  });
  form.addEventListener("compositionend", later);
}

const upload = document.querySelector("form[data-upload]");

if (upload) {
  const bar = upload.querySelector("progress");
  const status = upload.querySelector("[role=status]");
  const button = upload.querySelector("button");
  upload.hidden = false;

  function end(text, page) {
    bar.hidden = true;
    button.disabled = false;
    status.textContent = text;
    if (page) {
      const link = document.createElement("a");
      link.href = page;
      link.textContent = page;
      status.append(" ", link);
    }
  }

  upload.addEventListener("submit", (event) => {
    event.preventDefault();
    const sent = new XMLHttpRequest(); // fetch does not tell how much was sent
    sent.open("POST", upload.dataset.upload);
    sent.setRequestHeader("Content-Type", "application/octet-stream");
    sent.setRequestHeader("Accept", "application/json");
    sent.setRequestHeader("X-CSRF-Token", upload.dataset.token);
    sent.responseType = "json";
    sent.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = total ? loaded / total : 0;
    });
    sent.addEventListener("load", () => {
      const answer = sent.response || {};
      if (sent.status === 201) {
        end(answer.log_index === null ? upload.dataset.before : upload.dataset.done, answer.page);
      } else {
        end([answer.detail || sent.statusText, answer.todo].filter(Boolean).join(" "));
      }
    });
    sent.addEventListener("error", () => end(upload.dataset.broken));
    status.textContent = "";
    bar.hidden = false;
    button.disabled = true;
    sent.send(upload.querySelector("input").files[0]);
  });
}
