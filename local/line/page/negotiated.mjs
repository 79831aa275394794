const FIRST_MS = 1_000, LONGEST_MS = 60_000, STEADY_MS = 60_000, PATIENCE_MS = 15_000;
const REFUSALS = [400, 401, 403, 404];

/** How long to wait after so many failures in a row: a random part of a limit that doubles up to a minute. */
export function pause(failures, chance = Math.random()) {
  return failures ? chance * Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1)) : 0;
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function ask(address, authorization) {
  try {
    const headers = { Authorization: await authorization() };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(address, { method: "POST", headers, cache: "no-store", signal });
    const content = await response.json().catch(() => ({}));
    return response.ok ? content : { retryAfterMs: content.retryAfterMs, problem: response.status };
  } catch (error) {
    return { problem: error.message };
  }
}

/** The provider of addresses for one client; call `connected` when the client says so, and `close` when you stop it. */
export function negotiated(address, authorization, onProblem = () => {}) {
  let failures = 0, since = null, closed = false;

  async function getClientAccessUrl() {
    if (since !== null && performance.now() - since >= STEADY_MS) failures = 0;
    since = null;
    for (;;) {
      await wait(pause(failures));
      failures += 1; // a line that stands for a while clears it
      // `stop()` does not end a client that waits for an address: this does.
      if (closed) return new Promise(() => {});
      const answer = await ask(address, authorization);
      if (answer.url) {
        await wait(answer.connectAfterMs);
        return answer.url;
      }
      onProblem(answer.problem);
      await wait(REFUSALS.includes(answer.problem) ? LONGEST_MS : answer.retryAfterMs ?? 0);
    }
  }

  return {
    getClientAccessUrl,
    connected: () => { since = performance.now(); },
    close: () => { closed = true; },
  };
}
