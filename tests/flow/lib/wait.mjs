// Waiting for conditions, with a deadline and no fixed pauses.

const STEP_MS = 15;

function pause(ms) {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

// Asks fn again and again until it answers something true, and answers that.
export async function until(what, fn, ms = 15000) {
	const end = Date.now() + ms;
	for (;;) {
		const value = await fn();
		if (value)
			return value;
		if (Date.now() > end)
			throw new Error(`waited ${ms} ms in vain: ${what}`);
		await pause(STEP_MS);
	}
}

// The promise's answer, or an error once the deadline has passed.
export async function within(what, promise, ms = 15000) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`waited ${ms} ms in vain: ${what}`)), ms);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

// A promise that somebody else fulfils.
export function latch() {
	let open;
	const opened = new Promise((resolve) => { open = resolve; });
	return { open, opened };
}
