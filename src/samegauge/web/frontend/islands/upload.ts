// <form data-upload>: the browser computes each file's SHA-256 and sends it beside the file, so that a file cut short or
// changed on the way is refused; progress shows what is done. Words come from the form's data attributes.
import { announce } from "./live";
import { sha256OfFile } from "./sha256";

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-upload]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit(form);
  });
}

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-upload]")) setRunning(form, false);
});

async function submit(form: HTMLFormElement): Promise<void> {
  const body = new FormData(form);
  const files = [...body.values()].filter((value): value is File => value instanceof File && value.size > 0);
  if (files.length === 0) return show(form, form.dataset["empty"] ?? "", 0);
  setRunning(form, true);
  const total = files.reduce((sum, file) => sum + file.size, 0);
  let before = 0;
  for (const file of files) {
    body.append("sha256", await sha256OfFile(file, (done) => show(form, form.dataset["checking"] ?? "", (before + done) / total)));
    body.append("length", String(file.size));
    before += file.size;
  }
  send(form, body);
}

function send(form: HTMLFormElement, body: FormData): void {
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (event) => show(form, form.dataset["sending"] ?? "", event.loaded / event.total));
  request.addEventListener("load", () => {
    if (request.status < 400) location.assign(request.responseURL);
    else fail(form, refusal(request) ?? form.dataset["failed"] ?? "");
  });
  request.addEventListener("error", () => fail(form, form.dataset["failed"] ?? ""));
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json, text/html;q=0.9");
  request.send(body);
}

function refusal(request: XMLHttpRequest): string | null {
  if (!request.getResponseHeader("Content-Type")?.includes("json")) return null;
  const answer: unknown = JSON.parse(request.responseText);
  const message = typeof answer === "object" && answer !== null && "message" in answer ? answer.message : null;
  return typeof message === "string" ? message : null;
}

function fail(form: HTMLFormElement, message: string): void {
  setRunning(form, false);
  show(form, message, 0);
}

function setRunning(form: HTMLFormElement, running: boolean): void {
  for (const button of form.querySelectorAll<HTMLButtonElement>("button[type=submit]")) button.disabled = running;
  form.toggleAttribute("data-running", running);
}

function show(form: HTMLFormElement, message: string, share: number): void {
  const bar = form.querySelector("progress");
  if (bar) bar.value = Number.isFinite(share) ? share : 0;
  const line = form.querySelector<HTMLElement>("[data-upload-message]");
  if (line && line.textContent !== message) {
    line.textContent = message;
    announce(message);
  }
}
