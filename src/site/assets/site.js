// The theme, copying, and the search. Without it every page still reads and every list still works.
(function () {
	'use strict';

	var doc = document.documentElement;

	// Where nothing may be kept (a page from the disk, a private window) the choice lasts for the page.
	function remember(value) {
		try {
			if (value !== undefined)
				localStorage.setItem('theme', value);
			return localStorage.getItem('theme');
		} catch (e) {
			return null;
		}
	}

	function isDark() {
		var set = doc.getAttribute('data-theme');
		return set ? set === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
	}

	var kept = remember();
	if (kept === 'dark' || kept === 'light')
		doc.setAttribute('data-theme', kept);

	function setUpTheme() {
		var button = document.getElementById('theme');
		function label() {
			button.textContent = isDark() ? 'Light' : 'Dark';
			button.setAttribute('aria-label', 'Use ' + (isDark() ? 'light' : 'dark') + ' colours');
		}
		button.hidden = false;
		button.addEventListener('click', function () {
			var to = isDark() ? 'light' : 'dark';
			doc.setAttribute('data-theme', to);
			remember(to);
			label();
		});
		label();
	}

	// navigator.clipboard is there only in secure contexts.
	function copy(element) {
		var text = element.textContent;
		if (navigator.clipboard)
			return navigator.clipboard.writeText(text);
		getSelection().selectAllChildren(element);
		return document.execCommand('copy') ? Promise.resolve() : Promise.reject(new Error('no clipboard'));
	}

	function setUpCopy(button) {
		var plain = button.innerHTML;
		function say(text) {
			button.textContent = text;
			setTimeout(function () { button.innerHTML = plain; }, 2000);
		}
		button.hidden = false;
		button.addEventListener('click', function () {
			copy(document.getElementById(button.dataset.copy)).then(
				function () { say('Copied'); }, function () { say('Select it by hand'); });
		});
	}

	// ---- the search: files that are fetched when what is typed needs them ----

	var start = null, words = {}, described = {}, waiting = {};
	var SHOWN = 25, FILES_OF_WORDS = 8, EXAMINED = 400;
	var RISKS = ['Unknown', 'Low', 'Medium', 'High', 'Critical'];
	var KINDS = ['Unknown', 'Read', 'Write', 'Execute', 'Destructive', 'Financial'];

	window.gatehouse = {
		start: function (x) { start = x; },
		words: function (n, x) { words[n] = x; },
		described: function (n, x) { described[n] = x; },
	};

	// Scripts: a page from the disk may load no other files.
	function load(name) {
		if (!waiting[name])
			waiting[name] = new Promise(function (resolve) {
				var script = document.createElement('script');
				script.src = document.body.dataset.root + 'search/' + name + '.js';
				script.onload = resolve;
				script.onerror = function () { delete waiting[name]; resolve(); };
				document.head.appendChild(script);
			});
		return waiting[name];
	}

	function isUpper(c) {
		return c >= 65 && c <= 90 || c >= 0xc0 && c <= 0xde && c !== 0xd7 || c >= 0x391 && c <= 0x3a9 || c >= 0x400 && c <= 0x42f;
	}

	function toSmall(c) {
		return String.fromCharCode(!isUpper(c) ? c : c >= 0x400 && c < 0x410 ? c + 80 : c + 32);
	}

	function isLetter(c) {
		if (c < 128)
			return c >= 97 && c <= 122 || c >= 65 && c <= 90 || c >= 48 && c <= 57;
		return c >= 0xc0 && c !== 0xd7 && c !== 0xf7 && !(c >= 0x2000 && c <= 0x2bff) && !(c >= 0x3000 && c <= 0x303f) &&
			!(c >= 0xd800 && c <= 0xf8ff) && !(c >= 0xfe00 && c <= 0xff0f) && c < 0xfff0;
	}

	function isPacked(c) {
		return c >= 0x3040 && c <= 0x9fff || c >= 0xac00 && c <= 0xd7a3;
	}

	// As src/site/words.c does.
	function wordsOf(text) {
		var out = [], word = '', small = false;
		function end() {
			if (word)
				out.push(word);
			word = '';
			small = false;
		}
		for (var i = 0; i < text.length; i++) {
			var c = text.charCodeAt(i), next = text.charCodeAt(i + 1);
			if (isPacked(c)) {
				end();
				if (isPacked(next))
					out.push(text[i] + text[i + 1]);
				else if (!i || !isPacked(text.charCodeAt(i - 1)))
					out.push(text[i]);
				continue;
			}
			if (!isLetter(c)) {
				end();
				continue;
			}
			if (word && isUpper(c) && (small || next && isLetter(next) && !isUpper(next) && next > 57))
				end();
			small = !isUpper(c);
			word += toSmall(c);
		}
		end();
		return out;
	}

	function filesOf(word) {
		var low = 0, high = start.words.length, files = [];
		while (low < high) {
			var middle = (low + high) >> 1;
			if (start.words[middle] <= word)
				low = middle + 1;
			else
				high = middle;
		}
		for (var i = Math.max(0, low - 1); i < start.words.length && files.length < FILES_OF_WORDS; i++)
			if (i < low || start.words[i].startsWith(word))
				files.push(i);
			else
				break;
		return files;
	}

	// What has a word that begins so: number to weight; and whether that is all of them.
	function numbersOf(word) {
		var files = filesOf(word), found = new Map(), isAll = files.length < FILES_OF_WORDS;
		return Promise.all(files.map(function (f) { return load('w' + f); })).then(function () {
			files.forEach(function (f) {
				Object.keys(words[f] || {}).forEach(function (term) {
					if (!term.startsWith(word))
						return;
					var list = words[f][term], at = 0;
					if (list[0] === '!') {
						isAll = false;
						list = list.slice(1);
					}
					list.split(' ').forEach(function (step) {
						at += parseInt(step, 36);
						var weight = (at & 1 ? 4 : 1) + (term === word ? 2 : 0), number = at >> 1;
						if (!(found.get(number) >= weight))
							found.set(number, weight);
					});
				});
			});
			return { word: word, found: found, isAll: isAll };
		});
	}

	// A word whose numbers are not all known is looked for in the text of what the others found.
	function combine(lists) {
		var known = lists.filter(function (l) { return l.isAll; });
		var base = (known.length ? known : lists).slice().sort(function (a, b) { return a.found.size - b.found.size; })[0];
		var out = [];
		base.found.forEach(function (weight, number) {
			var sum = 0, unsure = [];
			for (var i = 0; i < lists.length; i++) {
				var w = lists[i].found.get(number);
				if (w)
					sum += w;
				else if (lists[i].isAll || !known.length)
					return;
				else
					unsure.push(lists[i].word);
			}
			out.push({ number: number, weight: sum, unsure: unsure });
		});
		out.sort(function (a, b) { return b.weight - a.weight || a.number - b.number; });
		return { v: out, isAll: known.length === lists.length };
	}

	function fileOf(number) {
		return Math.floor(number / start.each);
	}

	function hasWords(entry, wanted) {
		var all = wordsOf(entry[2] + ' ' + entry[4] + ' ' + entry[5]);
		return wanted.every(function (w) { return all.some(function (x) { return x.startsWith(w); }); });
	}

	// The first so many that hold, with what stands behind them.
	function describe(found, limit) {
		var out = [], at = 0;
		function more() {
			var batch = found.v.slice(at, at + limit);
			at += batch.length;
			return Promise.all(batch.map(function (x) { return load('d' + fileOf(x.number)); })).then(function () {
				batch.forEach(function (x) {
					var entry = (described[fileOf(x.number)] || [])[x.number % start.each];
					if (entry && out.length < limit && hasWords(entry, x.unsure))
						out.push({ entry: entry, isServer: x.number >= start.tools });
				});
				return out.length < limit && at < found.v.length && at < EXAMINED ? more() : out;
			});
		}
		return more();
	}

	function find(text, limit) {
		var typed = wordsOf(text).slice(0, 8);
		if (!typed.length || typed.join('').length < 2 && typed[0].charCodeAt(0) < 128)
			return Promise.resolve(null);
		return load('start').then(function () {
			if (!start)
				throw new Error('the search cannot be loaded');
			return Promise.all(typed.map(numbersOf));
		}).then(function (lists) {
			var found = combine(lists);
			return describe(found, limit).then(function (v) {
				return { v: v, total: found.v.length, isAll: found.isAll };
			});
		});
	}

	function element(name, className, text) {
		var e = document.createElement(name);
		if (className)
			e.className = className;
		if (text !== undefined)
			e.textContent = text;
		return e;
	}

	function row(hit) {
		var x = hit.entry, li = element('li'), a = element('a');
		a.href = document.body.dataset.root + 'server/' + x[3] + '.html';
		if (hit.isServer) {
			li.append(element('span', 'letter g' + (x[0] === '-' ? 'X' : x[0]), x[0]), ' ');
			a.textContent = x[2];
			li.append(a, ' ', element('span', 'of', 'server with ' + x[1] + (x[1] === 1 ? ' tool' : ' tools')));
		} else {
			li.append(element('span', 'badge s' + x[0], RISKS[x[0]]), ' ');
			a.append(element('code', '', x[2] || '(no name)'));
			li.append(a, ' ', element('span', 'of', KINDS[x[1]] + ' · ' + x[4]));
		}
		if (x[5])
			li.append(element('p', '', x[5]));
		return li;
	}

	function say(found, shown) {
		if (!found.v.length)
			return 'Nothing found.' + (found.isAll ? '' : ' A word as common as that stands in more tools than are searched: add another.');
		if (!found.isAll)
			return 'The first ' + shown + ' of many, the most dangerous first.';
		return found.total > shown ? shown + ' of ' + found.total.toLocaleString('en') + ' found.' : shown + ' found.';
	}

	function setUpSearch(input, results) {
		var list = results.querySelector('ol'), status = results.querySelector('[role=status]'), more = results.querySelector('button');
		var turn = 0, timer = 0, limit = SHOWN;
		function show() {
			var mine = ++turn, text = input.value;
			try {
				history.replaceState(null, '', text ? '?q=' + encodeURIComponent(text) : location.pathname);
			} catch (e) { /* from the disk the address may not change */ }
			find(text, limit).then(function (found) {
				if (mine !== turn)
					return;
				list.replaceChildren();
				results.hidden = !found;
				status.textContent = found ? say(found, found.v.length) : '';
				more.hidden = !found || found.v.length < limit || limit >= EXAMINED;
				if (found)
					list.append.apply(list, found.v.map(row));
			}, function () {
				results.hidden = false;
				status.textContent = 'The search cannot be loaded. The lists of servers and risks work without it.';
			});
		}
		function later() {
			limit = SHOWN;
			clearTimeout(timer);
			timer = setTimeout(show, 120);
		}
		input.addEventListener('input', later);
		input.form.addEventListener('submit', function (e) { e.preventDefault(); later(); });
		more.addEventListener('click', function () {
			limit *= 2;
			show();
		});
		results.parentNode.addEventListener('keydown', function (e) { walk(e, input, list); });
		input.addEventListener('keydown', function (e) { walk(e, input, list); });
		var asked = /[?&]q=([^&]*)/.exec(location.search);
		if (asked) {
			try {
				input.value = decodeURIComponent(asked[1].replace(/\+/g, ' '));
			} catch (e) {
				input.value = '';
			}
			show();
		}
	}

	function walk(e, input, list) {
		var links = Array.prototype.slice.call(list.querySelectorAll('a')), at = links.indexOf(document.activeElement);
		if (e.key === 'ArrowDown' && links.length && (at >= 0 || e.target === input))
			links[Math.min(at + 1, links.length - 1)].focus();
		else if (e.key === 'ArrowUp' && at >= 0)
			(at ? links[at - 1] : input).focus();
		else
			return;
		e.preventDefault();
	}

	document.addEventListener('DOMContentLoaded', function () {
		var input = document.getElementById('q'), results = document.getElementById('results');
		if (!input)
			return;
		setUpTheme();
		document.querySelectorAll('button.copy').forEach(setUpCopy);
		if (results)
			setUpSearch(input, results);
		document.addEventListener('keydown', function (e) {
			if (e.key === '/' && !e.ctrlKey && !e.metaKey && !e.altKey && !/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) {
				e.preventDefault();
				input.focus();
			}
		});
	});
})();
