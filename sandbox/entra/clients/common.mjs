// What every client test needs: where the tenant is, people who sign in, and
// one line of JSON at the end that says what came of it.
export const env = JSON.parse(process.env.ENTRA);

export const origin = env.url;

export function app(name) {
  const found = env.registrations.find((r) => r.name === name);
  if (!found) throw new Error(`no registration ${name}`);
  return found;
}

export function claims(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
}

export function must(ok, what) {
  if (!ok) throw new Error(what);
}

// person is a browser with cookies, without scripts.
export class Person {
  #cookies = new Map();

  async #go(url, init = {}) {
    const headers = { ...init.headers, cookie: [...this.#cookies].map(([k, v]) => `${k}=${v}`).join("; ") };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [pair] = line.split(";");
      const i = pair.indexOf("=");
      this.#cookies.set(pair.slice(0, i), pair.slice(i + 1));
    }
    return { response, text: await response.text() };
  }

  #field(text, name) {
    const m = text.match(new RegExp(`name="${name}" value="([^"]+)"`));
    must(m, `no ${name} on the page: ${text}`);
    return m[1];
  }

  #press(text, fields) {
    return this.#go(origin + "/login", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ flow: this.#field(text, "flow"), ...fields }),
    });
  }

  // signIn opens an address and answers pages until it is sent elsewhere.
  async signIn(url, login) {
    return this.#answer(await this.#go(url), login);
  }

  async #answer(step, login) {
    const account = env.accounts.find((a) => a.login === login);
    for (let i = 0; i < 6; i++) {
      const to = step.response.headers.get("location");
      if (to) return new URL(to, origin);
      if (step.text.includes("Pick an account")) step = await this.#press(step.text, { do: "account", account: account.id });
      else if (step.text.includes('name="password"')) step = await this.#press(step.text, { do: "password", login, password: account.password });
      else if (step.text.includes("Permissions requested")) step = await this.#press(step.text, { do: "accept" });
      else return step.text;
    }
    throw new Error("the sign-in does not end");
  }

  // device enters a device's code and signs in.
  async device(uri, code, login) {
    await this.#go(uri);
    const step = await this.#go(uri, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ code }),
    });
    const end = await this.#answer(step, login);
    must(String(end).includes("You have signed in"), `the device sign-in ended with ${end}`);
  }
}

export function done(result) {
  process.stdout.write(JSON.stringify(result) + "\n");
}
