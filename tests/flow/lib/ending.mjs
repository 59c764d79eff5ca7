// What a test started ends in reverse order, all of it, also when one ending fails.

const stacks = new WeakMap();

export function atEnd(t, fn) {
	let stack = stacks.get(t);
	if (!stack) {
		stack = [];
		stacks.set(t, stack);
		t.after(() => unwind(stack));
	}
	stack.push(fn);
}

async function unwind(stack) {
	let first;
	while (stack.length > 0) {
		try {
			await stack.pop()();
		} catch (e) {
			first ??= e;
		}
	}
	if (first)
		throw first;
}
