// Signing in: passwords that can be looked at while they are typed, and security keys.

type Options = {
  creation_options?: { publicKey: PublicKeyCredentialCreationOptionsJSON };
  request_options?: { publicKey: PublicKeyCredentialRequestOptionsJSON };
};

export function watchAccounts(): void {
  for (const control of document.querySelectorAll<HTMLButtonElement>("[data-show-password]")) control.hidden = false;
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const shown = event.target.closest<HTMLButtonElement>("[data-show-password]");
    if (shown) showPassword(shown);
    const key = event.target.closest<HTMLButtonElement>("[data-key]");
    if (key) {
      event.preventDefault();
      void useKey(key);
    }
  });
}

function showPassword(control: HTMLButtonElement): void {
  const field = document.getElementById(control.getAttribute("aria-controls") ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  control.setAttribute("aria-pressed", String(shown));
}

async function useKey(control: HTMLButtonElement): Promise<void> {
  const form = control.form;
  const message = form?.querySelector<HTMLElement>("[data-key-message]");
  const answer = form?.elements.namedItem("credential");
  if (!form || !(answer instanceof HTMLInputElement)) return;
  try {
    const credential = await asked(form, await optionsFor(form));
    answer.value = JSON.stringify(credential);
    form.submit();
  } catch {
    if (message) message.textContent = control.dataset["failed"] ?? "";
  }
}

async function optionsFor(form: HTMLFormElement): Promise<Options> {
  const kept = document.getElementById("key-options");
  if (kept) return JSON.parse(kept.textContent ?? "{}") as Options;
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.statusText);
  return (await answer.json()) as Options;
}

async function asked(form: HTMLFormElement, options: Options): Promise<unknown> {
  let found: Credential | null = null;
  if (options.creation_options) {
    const wanted = options.creation_options.publicKey;
    if (form.querySelector<HTMLInputElement>("[name=passwordless]")?.checked) {
      wanted.authenticatorSelection = {
        ...wanted.authenticatorSelection,
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      };
    }
    found = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(wanted) });
  } else if (options.request_options) {
    const wanted = options.request_options.publicKey;
    found = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(wanted) });
  }
  if (!(found instanceof PublicKeyCredential)) throw new Error("no key");
  return found.toJSON();
}
